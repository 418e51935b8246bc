import { createVerify, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Plays the one call of GitHub's API that this product makes, by GitHub's documentation: the signature, the claims (`iat` in the past,
 * `exp` at most ten minutes ahead by GitHub's own clock), the app, the installation and the answer.
 */
export class GitHubApi implements AsyncDisposable {
  readonly appId = 7;
  readonly installationId = 42;
  /** How far GitHub's clock is from ours. */
  clockMs = 0;
  /** How long a token lasts. */
  lifetimeMs = 60 * 60_000;
  /** Answered instead of a token. */
  fault: { status: number; headers?: Record<string, string>; body?: string } | undefined;
  readonly tokens: string[] = [];
  readonly asked: string[] = [];
  privateKey = '';
  #publicKey = '';
  readonly #server = createServer((request, response) => this.#answer(request, response));

  constructor() {
    this.rotateKey();
  }

  rotateKey(): void {
    const pair = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    });
    this.privateKey = pair.privateKey;
    this.#publicKey = pair.publicKey;
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api/v3`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.asked.push(`${request.method} ${request.url}`);
    const now = Date.now() + this.clockMs;
    response.sendDate = false;
    response.setHeader('date', new Date(now).toUTCString());
    const say = (status: number, body: object): unknown =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (this.fault) return void response.writeHead(this.fault.status, this.fault.headers).end(this.fault.body ?? '{"message":"fault"}');
    const wrong = this.#refusal(request.headers.authorization ?? '', now / 1_000);
    if (wrong !== undefined) return void say(401, { message: wrong, documentation_url: 'https://docs.github.com/rest' });
    if (request.method !== 'POST' || request.url !== `/api/v3/app/installations/${this.installationId}/access_tokens`)
      return void say(404, { message: 'Not Found' });
    const token = `ghs_${this.tokens.length}_made`;
    this.tokens.push(token);
    say(201, { token, expires_at: new Date(now + this.lifetimeMs).toISOString().replace(/\.\d+/, ''), permissions: { contents: 'read' } });
  }

  #refusal(authorization: string, now: number): string | undefined {
    const jwt = /^Bearer (.+)$/.exec(authorization)?.[1] ?? '';
    const [head = '', claims = '', signature = ''] = jwt.split('.');
    const decode = (part: string): Record<string, unknown> =>
      JSON.parse(Buffer.from(part, 'base64url').toString('utf8') || '{}') as Record<string, unknown>;
    const verified = createVerify('sha256').update(`${head}.${claims}`).verify(this.#publicKey, Buffer.from(signature, 'base64url'));
    if (decode(head).alg !== 'RS256' || !verified) return 'A JSON web token could not be decoded';
    const { iat, exp, iss } = decode(claims) as { iat: number; exp: number; iss: string };
    if (iss !== String(this.appId)) return 'Integration not found';
    if (iat > now) return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued";
    if (exp <= now)
      return "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires";
    if (exp > now + 600) return "'Expiration time' claim ('exp') is too far in the future";
    return undefined;
  }
}
