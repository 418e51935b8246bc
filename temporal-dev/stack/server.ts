import { existsSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { StackError } from '../failure.ts';
import type { ProcessSpec, RunningProcess, Supervisor } from './supervisor.ts';

/** What makes one server of the stack. */
export interface ServerSpec extends ProcessSpec {
  /** Whether it does its work now; asked again and again until it says yes. */
  readonly ready: () => Promise<boolean>;
  readonly readyWithinMs: number;
}

const POLL_MS = 25;
const LAST_LINES = 15;

/** One server process that can be stopped, killed and started again with the same ports and data. */
export class Server {
  readonly spec: ServerSpec;
  readonly #supervisor: Supervisor;
  #process: RunningProcess | undefined;

  constructor(supervisor: Supervisor, spec: ServerSpec) {
    this.#supervisor = supervisor;
    this.spec = spec;
  }

  get pid(): number | undefined {
    return this.#process?.exit() ? undefined : this.#process?.pid;
  }

  /**
   * Starts it and waits until it is ready; does nothing while it runs.
   * @throws StackError with its last lines when it ends before, or is not ready in time.
   */
  async start(): Promise<void> {
    if (this.pid !== undefined) return;
    const { logFile, name, ready, readyWithinMs } = this.spec;
    const from = existsSync(logFile) ? statSync(logFile).size : 0;
    const running = this.#supervisor.spawn({ ...this.spec, foundation: true });
    this.#process = running;
    const deadline = Date.now() + readyWithinMs;
    while (!(await ready())) {
      const exit = running.exit();
      if (exit)
        throw new StackError(
          `${name} ended while it was starting (${exit.signal ?? `exit code ${exit.code ?? ''}`}). Its last lines:\n${lastLines(logFile, from)}`,
        );
      if (Date.now() > deadline) {
        running.kill('SIGKILL');
        throw new StackError(
          `${name} was not ready after ${readyWithinMs / 1000} s. The machine may be busy: start again. Its last lines (${logFile}):\n${lastLines(logFile, from)}`,
        );
      }
      await sleep(POLL_MS);
    }
  }

  /** Asks it to end and waits until it has. */
  async stop(): Promise<void> {
    await this.#process?.stop();
  }

  /** Sends a signal; after SIGKILL it waits until the process is gone. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    this.#process?.kill(signal);
    if (signal === 'SIGKILL') await this.#process?.exited;
  }
}

/** Whether a start failed because somebody else was quicker to take a port. */
export function lostPortRace(error: unknown): boolean {
  return error instanceof StackError && /address already in use|EADDRINUSE/i.test(error.message);
}

function lastLines(file: string, from: number): string {
  const text = readFileSync(file).subarray(from).toString('utf8').trimEnd();
  return text
    .split('\n')
    .slice(-LAST_LINES)
    .map((line) => `  ${line.slice(0, 400)}`)
    .join('\n');
}
