import { timingSafeEqual } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { StackError } from '../failure.ts';
import { CONTROL_PATH, type GitAddress, type GitCommand } from './control.ts';
import { sshRefusal, type RepositoryRules } from './faults.ts';
import { CHALLENGE, fails } from './failing.ts';
import { serveGit } from './http-backend.ts';
import { initRepository, repositoryFolder } from './repositories.ts';
import { RequestCount } from './request-count.ts';

/** A git server over HTTP for many repositories, each of which can be given credentials and made to fail. */
export class GitServer {
  readonly root: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #rules = new Map<string, RepositoryRules>();
  readonly #counts = new Map<string, RequestCount>();
  readonly #server: Server;

  constructor(dataDir: string, env: NodeJS.ProcessEnv) {
    this.root = join(dataDir, 'git', 'repositories');
    this.#env = env;
    mkdirSync(this.root, { recursive: true });
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        response.writeHead(400, { 'content-type': 'text/plain' }).end(error instanceof Error ? error.message : String(error));
      });
    });
  }

  /** Listens on the loopback address. */
  async listen(port: number): Promise<GitAddress> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) =>
        reject(error.code === 'EADDRINUSE' ? new StackError(`git: address already in use: 127.0.0.1:${port}`) : error),
      );
      this.#server.listen(port, '127.0.0.1', resolve);
    });
    return { httpUrl: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`, root: this.root };
  }

  /** Closes every connection and stops listening. */
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    if (path === CONTROL_PATH) {
      const answer = await this.#obey(JSON.parse(await bodyOf(request)) as GitCommand);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer ?? {}));
      return;
    }
    const repository = repositoryOf(path);
    const { fault, credentials } = this.#rules.get(repository) ?? {};
    if (await fails(fault, request, response)) return;
    if (credentials && !sameText(request.headers.authorization ?? '', basic(credentials.username, credentials.password))) {
      return void response.writeHead(401, CHALLENGE).end('authentication required\n');
    }
    const count = this.#counts.get(repository) ?? new RequestCount();
    this.#counts.set(repository, count);
    count.see(request, response);
    serveGit(request, response, this.root, this.#env);
  }

  async #obey(command: GitCommand): Promise<unknown> {
    const { repository } = command;
    const folder = repositoryFolder(this.root, repository);
    if (command.do === 'create') {
      await initRepository(this.root, repository, this.#env);
      return undefined;
    }
    if (command.do === 'count') return (this.#counts.get(repository) ?? new RequestCount()).total;
    const rules = {
      ...this.#rules.get(repository),
      ...(command.do === 'fault' ? { fault: command.fault } : { credentials: command.credentials }),
    };
    this.#rules.set(repository, rules);
    if (command.do === 'fault') tellSsh(folder, command.fault);
    return undefined;
  }
}

/** The forced command of SSH finds the fault beside the repository. */
function tellSsh(folder: string, fault: RepositoryRules['fault']): void {
  const file = `${folder}.fault`;
  const words = fault === undefined ? undefined : sshRefusal(fault);
  if (words === undefined) rmSync(file, { force: true });
  else writeFileSync(file, `${words}\n`);
}

function repositoryOf(path: string): string {
  return /^\/(.+?)\.git(?:\/|$)/.exec(path)?.[1] ?? '';
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
