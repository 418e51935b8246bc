import { cancellationSignal, heartbeat } from '@temporalio/activity';

/** Also while nothing moves, such as in a flush or a call to a silent host: the server must not take slow work for a dead worker. */
const HEARTBEAT_MS = 2_000;

/** What work may use while it runs as an activity. */
export interface Beating<P> {
  /** Aborted when Temporal cancels the activity. */
  readonly signal: AbortSignal;
  /** Goes out with a heartbeat; the Temporal UI shows the last one. */
  readonly onProgress: (progress: P) => void;
}

/** Runs an activity's work with heartbeats for as long as it takes, each with the last progress. */
export async function whileBeating<P, T>(work: (beating: Beating<P>) => Promise<T>): Promise<T> {
  let last: P | undefined;
  const timer = setInterval(() => heartbeat(last), HEARTBEAT_MS);
  try {
    const onProgress = (progress: P): void => {
      last = progress;
      heartbeat(progress);
    };
    return await work({ signal: cancellationSignal(), onProgress });
  } finally {
    clearInterval(timer);
  }
}
