import { SERVERS, type ServerBinary } from './servers.ts';

/** What is known when a build step is reported. */
export interface BuildProgress {
  readonly todo: readonly ServerBinary[];
  /** Index in `todo` of the server that is being built. */
  readonly at: number;
  /** Seconds since the build began. */
  readonly elapsed: number;
  /** Seconds since the current server began. */
  readonly current: number;
}

/** One line that says what is being built, how far it is and about how long it will take. */
export function describeProgress({ todo, at, elapsed, current }: BuildProgress): string {
  const server = todo[at] ?? SERVERS[0];
  const done = sum(todo.slice(0, at));
  const ahead = sum(todo.slice(at)) - Math.min(current, server?.buildSeconds ?? 0);
  // How fast this machine is compared with the measured one; known only after something was finished.
  const pace = done > 0 ? (elapsed - current) / done : 1;
  return `building ${server?.name ?? ''} (${at + 1} of ${todo.length}), ${duration(elapsed)} so far, about ${duration(ahead * pace)} left`;
}

function sum(servers: readonly ServerBinary[]): number {
  return servers.reduce((total, server) => total + server.buildSeconds, 0);
}

/** Seconds as people say them: `40 s`, `12 min`. */
export function duration(seconds: number): string {
  return seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
}
