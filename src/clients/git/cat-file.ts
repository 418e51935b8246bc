import type { Readable } from 'node:stream';
import { SyncError } from '../../domain/errors.ts';
import { localFailure } from './failure.ts';
import { startGit, type GitProcessOptions } from './git-process.ts';

/** One blob on its way: `chunks` gives exactly `size` bytes and must be read to its end. */
export interface BlobBody {
  readonly oid: string;
  readonly size: number;
  readonly chunks: AsyncIterable<Buffer>;
}

/** Streams blobs out of one `git cat-file --batch`, which simple-git cannot do. Memory does not grow with the number or size of blobs. */
export async function* readBatch(gitDir: string, oids: readonly string[], options: GitProcessOptions): AsyncGenerator<BlobBody> {
  if (oids.length === 0) return;
  const git = startGit([`--git-dir=${gitDir}`, 'cat-file', '--batch', '--buffer'], options);
  git.stdin.end(`${oids.join('\n')}\n`);
  const output = new Output(git.stdout);
  try {
    for (const oid of oids) {
      const header = await output.line();
      if (header === undefined) throw localFailure(await git.exit, 'read the content of a commit');
      const [id, type, size] = header.split(' ');
      if (id !== oid || type !== 'blob' || size === undefined)
        throw new SyncError('GitFailed', `The mirror does not have blob ${oid} (git says: ${header}); it is fetched again.`);
      yield { oid, size: Number(size), chunks: output.bytes(Number(size)) };
      await output.skipBreak();
    }
  } finally {
    git.kill();
    git.stdout.destroy(); // what nobody reads any more would keep the process from being over
    await git.exit;
  }
}

/** Reads lines and counted bytes from one stream, one after the other. */
class Output {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** Undefined at the end of the stream. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#rest.indexOf(10);
      if (end >= 0) {
        const line = this.#rest.toString('utf8', 0, end);
        this.#rest = this.#rest.subarray(end + 1);
        return line;
      }
      const next = await this.#chunks.next();
      if (next.done === true) return undefined;
      this.#rest = Buffer.concat([this.#rest, next.value]);
    }
  }

  async *bytes(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0;) {
      if (this.#rest.length === 0) await this.#more();
      const chunk = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(chunk.length);
      left -= chunk.length;
      yield chunk;
    }
  }

  async skipBreak(): Promise<void> {
    if (this.#rest.length === 0) await this.#more();
    this.#rest = this.#rest.subarray(1);
  }

  async #more(): Promise<void> {
    const next = await this.#chunks.next();
    if (next.done === true) throw new SyncError('GitFailed', 'Git ended in the middle of a blob; it is read again.');
    this.#rest = next.value;
  }
}
