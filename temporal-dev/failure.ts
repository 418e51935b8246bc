/** A failure of the development stack that a person can end: the message says what is wrong and what to do. */
export class StackError extends Error {
  override readonly name = 'StackError';
}
