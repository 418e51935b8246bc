import { type ParseArgsConfig, parseArgs } from 'node:util';
import { StackError } from './failure.ts';

/** As of sysexits.h: the command was used wrongly. */
const USAGE = 64;

/** What somebody typed is wrong. The message says what, and what would be right. */
export class UsageError extends StackError {}

/** As `parseArgs`. @throws UsageError for what it does not know, with the help text */
export function optionsOf<T extends ParseArgsConfig>(config: T, help: string): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
  }
}

/** @throws UsageError unless the text is a whole number in these bounds, both included */
export function wholeNumber(option: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < min || number > max) throw new UsageError(`${option} ${text}: a whole number from ${min} to ${max}.`);
  return number;
}

/** The exit code of a command that failed, after its words are on stderr: a trace only for what nobody foresaw. */
export function exitCodeOf(error: unknown): number {
  const foreseen = error instanceof StackError;
  process.stderr.write(
    `${foreseen || !(error instanceof Error) ? String(foreseen ? error.message : error) : (error.stack ?? error.message)}\n`,
  );
  return error instanceof UsageError ? USAGE : 1;
}
