import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bucket } from '../../src/clients/s3/bucket.ts';
import { binaryPath, provideBinaries } from '../../temporal-dev/binaries/binaries.ts';
import { freePort } from '../../temporal-dev/stack/ports.ts';

const ID = 'content-store';

/** A real S3 server, whose buckets are folders: what a test does to their files happens to the objects. */
export class S3Server implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 's3-server-'));
  readonly keyFiles = { id: join(this.folder, 'key-id'), secret: join(this.folder, 'key-secret') };
  readonly #binary: string;
  readonly #port: number;
  #secret = 'first-secret';
  #process: ChildProcess | undefined;

  private constructor(binary: string, port: number) {
    this.#binary = binary;
    this.#port = port;
    chmodSync(this.folder, 0o755);
    mkdirSync(join(this.folder, 'buckets/store'), { recursive: true });
    this.writeKey(this.#secret);
  }

  /** Builds the server where this machine has none yet, which takes a minute or some. */
  static async start(): Promise<S3Server> {
    const binary = binaryPath(await provideBinaries(['versitygw'], process.env, console.log), 'versitygw');
    const server = new S3Server(binary, await freePort());
    await server.up();
    return server;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** A part of the bucket `store`. */
  bucket(prefix: string): Bucket {
    const { endpoint, keyFiles } = this;
    return { bucket: 'store', prefix: `${prefix}/`, region: 'us-east-1', endpoint, pathStyle: true, keyFiles };
  }

  /** Where the objects below a prefix lie as files. */
  filesOf(prefix: string): string {
    return join(this.folder, 'buckets/store', prefix);
  }

  writeKey(secret: string): void {
    writeFileSync(this.keyFiles.id, `${ID}\n`);
    writeFileSync(this.keyFiles.secret, `${secret}\n`);
  }

  /** From now on the server takes another key only. */
  async useSecret(secret: string): Promise<void> {
    this.#secret = secret;
    await this.down();
    await this.up();
  }

  async up(): Promise<void> {
    const args = ['--port', `127.0.0.1:${this.#port}`, '--quiet', '--keep-alive', 'posix', join(this.folder, 'buckets')];
    const env = { PATH: process.env['PATH'], ROOT_ACCESS_KEY: ID, ROOT_SECRET_KEY: this.#secret };
    this.#process = spawn(this.#binary, args, { env, stdio: 'ignore' });
    while (!(await answers(this.#port))) {
      if (this.#process.exitCode !== null) throw new Error(`the S3 server ended with ${this.#process.exitCode}`);
      await sleep(20);
    }
  }

  async down(): Promise<void> {
    if (this.#process?.exitCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
    this.#process = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
