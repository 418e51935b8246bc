import type { Exit, ProcessSpec, RunningProcess, Supervisor } from '../stack/supervisor.ts';

const FIRST_BACK_OFF_MS = 200;
const LONGEST_BACK_OFF_MS = 5_000;
/** A process that lived this long is well: the next back-off is the first again. */
const WELL_AFTER_MS = 10_000;

/** What happened to a process. */
export type ProcessNews = { readonly what: 'started'; readonly pid: number } | ({ readonly what: 'ended'; readonly pid: number } & Exit);

/** A process that is started again whenever it ends, a little later each time: restartPolicy Always. */
export class KeptRunning {
  readonly #supervisor: Supervisor;
  readonly #spec: ProcessSpec;
  readonly #tell: (news: ProcessNews) => void;
  #process: RunningProcess | undefined;
  #wanted = true;
  #backOffMs = FIRST_BACK_OFF_MS;
  #timer: NodeJS.Timeout | undefined;

  constructor(supervisor: Supervisor, spec: ProcessSpec, tell: (news: ProcessNews) => void) {
    this.#supervisor = supervisor;
    this.#spec = spec;
    this.#tell = tell;
    this.#start();
  }

  get pid(): number | undefined {
    return this.#process?.exit() ? undefined : this.#process?.pid;
  }

  /** Sends a signal to the process and its children; it is started again if it ends. */
  kill(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Kills it and leaves it dead until `release`. */
  async hold(): Promise<void> {
    this.#wanted = false;
    clearTimeout(this.#timer);
    this.#process?.kill('SIGKILL');
    await this.#process?.exited;
  }

  /** Starts it again at once. */
  release(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#backOffMs = FIRST_BACK_OFF_MS;
    this.#start();
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    this.#wanted = false;
    clearTimeout(this.#timer);
    await this.#process?.stop();
  }

  #start(): void {
    const running = this.#supervisor.spawn(this.#spec);
    const startedAt = Date.now();
    this.#process = running;
    this.#tell({ what: 'started', pid: running.pid });
    void running.exited.then((exit) => {
      this.#tell({ what: 'ended', pid: running.pid, ...exit });
      if (!this.#wanted || this.#supervisor.closed) return;
      if (Date.now() - startedAt >= WELL_AFTER_MS) this.#backOffMs = FIRST_BACK_OFF_MS;
      this.#timer = setTimeout(() => (this.#supervisor.closed ? undefined : this.#start()), this.#backOffMs);
      this.#backOffMs = Math.min(2 * this.#backOffMs, LONGEST_BACK_OFF_MS);
    });
  }
}
