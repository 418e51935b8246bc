import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Socket } from 'node:net';
import { StackError } from '../failure.ts';

/** What to run, and where its output goes. */
export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the process: nothing of ours leaks in. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Runs it as another user; only root can do that. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Standard output and error are appended here. */
  readonly logFile: string;
  /** Others rely on it: it is asked to end when they have ended. */
  readonly foundation?: boolean;
  /** What ends it when it is asked to: SIGTERM, or SIGKILL for one that keeps nothing and would take its time. */
  readonly stopSignal?: 'SIGTERM' | 'SIGKILL';
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that runs, with all the processes that it starts in turn: one group. */
export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  /** Settles when the process has ended and its group is gone. */
  readonly exited: Promise<Exit>;
  /** Undefined while it runs. */
  exit(): Exit | undefined;
  /** Sends a signal to the whole group; ended processes are left alone. */
  kill(signal: NodeJS.Signals): void;
  /** Asks it to end, and kills it after `graceMs`. */
  stop(graceMs?: number): Promise<Exit>;
}

const STOP_GRACE_MS = 5_000;

/** The shell announces its own id to the reaper before it becomes the server, so that nothing can slip through in between. */
const ANNOUNCE_AND_BECOME = 'echo "+$$" >&3 && exec "$0" "$@" 3>&-';

/**
 * Starts processes that never outlive their starter: a reaper in a session of its own holds one end of a pipe and ends
 * everything when the other end closes, also when the starter was killed.
 */
export class Supervisor {
  readonly #reaper: ChildProcess;
  readonly #pipe: Socket;
  readonly #running = new Map<RunningProcess, ProcessSpec>();
  #closed = false;

  constructor() {
    this.#reaper = spawn(process.execPath, [join(import.meta.dirname, 'reaper.mjs')], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: {},
      cwd: '/',
    });
    this.#pipe = this.#reaper.stdin as Socket;
    this.#pipe.on('error', () => undefined);
    this.#pipe.unref();
    this.#reaper.unref();
  }

  /** Whether nothing can be started any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Has a folder removed when everything has ended. */
  removeAtEnd(folder: string): void {
    this.#pipe.write(`f${folder}\n`);
  }

  /** Starts a process in a group of its own. */
  spawn(spec: ProcessSpec): RunningProcess {
    if (this.#closed) throw new StackError(`${spec.name} cannot be started: the stack has been stopped.`);
    mkdirSync(dirname(spec.logFile), { recursive: true });
    const log = openSync(spec.logFile, 'a');
    try {
      const child = spawn('/bin/sh', ['-c', ANNOUNCE_AND_BECOME, spec.command, ...spec.args], {
        detached: true,
        cwd: spec.cwd,
        env: spec.env,
        ...spec.user,
        stdio: ['ignore', log, log, this.#pipe],
      });
      return this.#track(spec, child);
    } finally {
      closeSync(log);
    }
  }

  /**
   * Ends everything, foundations last, then the reaper, which removes the temporary folders. In a hurry nothing is asked to end,
   * it is killed: for stacks whose data nobody wants.
   */
  async close(options: { hurry?: boolean } = {}): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (options.hurry) for (const running of this.#running.keys()) running.kill('SIGKILL');
    for (const foundation of [false, true]) {
      const layer = [...this.#running].filter(([, spec]) => (spec.foundation ?? false) === foundation);
      await Promise.all(layer.map(([running]) => running.stop()));
    }
    if (this.#reaper.exitCode !== null || this.#reaper.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#reaper.once('exit', resolve));
    this.#reaper.ref();
    this.#pipe.end();
    await gone;
  }

  #track(spec: ProcessSpec, child: ChildProcess): RunningProcess {
    const { name, stopSignal = 'SIGTERM' } = spec;
    const pid = child.pid;
    if (pid === undefined) throw new StackError(`${name} cannot be started: /bin/sh could not be run.`);
    let exit: Exit | undefined;
    const killGroup = (signal: NodeJS.Signals): void => {
      try {
        process.kill(-pid, signal);
      } catch {
        // Nobody of the group is left.
      }
    };
    const exited = new Promise<Exit>((resolve) => {
      child.once('exit', (code, signal) => {
        exit = { code, signal };
        killGroup('SIGKILL');
        this.#pipe.write(`-${pid}\n`);
        this.#running.delete(running);
        resolve(exit);
      });
    });
    const running: RunningProcess = {
      name,
      pid,
      exited,
      exit: () => exit,
      kill: (signal) => (exit ? undefined : killGroup(signal)),
      stop: async (graceMs = STOP_GRACE_MS) => {
        running.kill(stopSignal);
        const timer = setTimeout(() => running.kill('SIGKILL'), graceMs);
        try {
          return await exited;
        } finally {
          clearTimeout(timer);
        }
      },
    };
    this.#running.set(running, spec);
    return running;
  }
}
