import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { processesWith } from './processes.ts';

/** `npm start`, with its temporary files in a folder of the test. */
export class NpmStart {
  readonly child: ChildProcess;
  readonly #folder: string;
  out = '';
  err = '';

  constructor(folder: string, args: readonly string[]) {
    this.#folder = folder;
    this.child = spawn(process.execPath, ['temporal-dev/start/start.ts', ...args], {
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.out += text));
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.err += text));
  }

  /** Resolves with the printed text when it matches. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.out);
      if (found) return found;
      if (this.child.exitCode !== null) throw new Error(`ended with ${this.child.exitCode}: ${this.out}${this.err}`);
      await once(this.child.stdout!, 'data');
    }
  }

  async ended(): Promise<number | null> {
    if (this.child.exitCode === null) await once(this.child, 'close');
    return this.child.exitCode;
  }

  async end(): Promise<number | null> {
    if (this.child.exitCode === null) this.child.kill('SIGINT');
    return this.ended();
  }

  /** Processes of it that are left. */
  leftovers(): string[] {
    return processesWith(this.#folder);
  }
}
