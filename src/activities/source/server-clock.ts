const OBSERVATIONS = 200;

/**
 * Relates the clock of the Temporal server, which says when something was asked for, to the steady clock of this process, without
 * trusting that the two agree: a task that is received was scheduled before, so the smallest difference ever seen bounds how far
 * apart they are.
 */
export class ServerClock {
  #differences: number[] = [];

  /** Notes that a task which the server scheduled at `scheduledMs` is here at `receivedMs` of our own clock. */
  observe(scheduledMs: number, receivedMs: number): void {
    this.#differences = [...this.#differences.slice(1 - OBSERVATIONS), receivedMs - scheduledMs];
  }

  /** A moment of our own clock that is certainly not before `serverMs`; as close to it as is known. */
  notBefore(serverMs: number): number {
    return serverMs + Math.min(...this.#differences);
  }
}
