import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SyncError } from '../../domain/errors.ts';
import type { WayOutOptions } from '../http/way-out.ts';
import { publishedKnownHosts } from './host-keys.ts';
import type { Remote } from './remote.ts';

/** What proves that we may read a repository. */
export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly username: string; readonly token: string }
  | {
      readonly kind: 'ssh';
      readonly privateKey: string;
      /** Lines of a known_hosts file; empty when there are none. */ readonly knownHosts: string;
      /** Takes whatever host answers. */ readonly ignoreHostKey?: boolean;
    };

/** What folders of calls are called, before the number of the process. */
const FOLDER = 'ignition-sync-git-';

/** How a git host is reached over HTTP, where that differs from the usual. */
export type Connection = WayOutOptions;

/** How one git call shows its credential: options before the command, and variables. Neither holds the secret itself. */
export interface Access {
  readonly options: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Private to this call, and gone afterwards. */
  readonly folder: string;
}

/**
 * Lends a credential to git for the length of one call: it lies in files of a private folder that is gone afterwards, never in
 * arguments, variables or the mirror.
 * @throws SyncError HostKeyUnknown when an ssh host cannot be checked; InvalidSpec when credential and URL do not fit.
 */
export async function withCredential<T>(
  credential: Credential,
  remote: Remote,
  connection: Connection,
  use: (access: Access) => Promise<T>,
): Promise<T> {
  refuseMisfit(credential, remote);
  const folder = await mkdtemp(join(tmpdir(), `${FOLDER}${process.pid}-`));
  try {
    const lent =
      credential.kind === 'ssh' ? await lendKey(credential, remote, folder) : await lendOverHttp(credential, remote, connection, folder);
    return await use({ ...lent, folder });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes what a process that was killed in the middle of a call has left behind. Call before the first call of this process. */
export async function removeForgottenCredentials(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => []);
  for (const name of names) {
    const pid = Number(/^(\d+)-/.exec(name.startsWith(FOLDER) ? name.slice(FOLDER.length) : '')?.[1]);
    // In a container every process has the number of the one before.
    if (pid === process.pid || (pid > 0 && !isRunning(pid))) await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** More of a text than anybody is shown, in characters. */
const SHOWN = 4096;

/**
 * Takes a credential's secret out of a text that is to be shown, in every spelling in which it was sent: hosts may say aloud what they saw.
 * Of a long text the last whole lines are left, since a host decides how much it says.
 */
export function scrub(text: string, credential: Credential, { proxy }: Connection = {}): string {
  const secrets = proxy?.login ? spellings(proxy.login.username, proxy.login.password) : [];
  if (credential.kind === 'token') secrets.push(...spellings(credential.username, credential.token));
  if (credential.kind === 'ssh') secrets.push(credential.privateKey);
  const clean = secrets.filter((secret) => secret.trim() !== '').reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
  // Only what is short is searched by patterns, and only whole lines: half a login would not be known for one.
  return lastWholeLines(clean)
    .replace(/:\/\/[^/\s@']{1,2000}@/g, '://***@')
    .replace(/\b(Basic|Bearer) +[\w+/.~=-]{8,}/gi, '$1 ***');
}

function lastWholeLines(text: string): string {
  if (text.length <= SHOWN) return text;
  const start = text.indexOf('\n', text.length - SHOWN - 1);
  return start < 0 ? '' : text.slice(start + 1);
}

function spellings(username: string, secret: string): string[] {
  const sent = secret.trim();
  return [secret, sent, encodeURIComponent(sent), Buffer.from(`${username}:${sent}`).toString('base64')];
}

function refuseMisfit(credential: Credential, remote: Remote): void {
  if (credential.kind === 'token' && remote.transport !== 'https' && remote.transport !== 'http') {
    throw new SyncError('InvalidSpec', `spec.git.auth.token needs an https URL in spec.git.repo, which is ${remote.transport}.`);
  }
  if (credential.kind === 'ssh' && remote.transport !== 'ssh')
    throw new SyncError('InvalidSpec', `spec.git.auth.sshKey needs an ssh URL in spec.git.repo, which is ${remote.transport}.`);
  if (remote.transport !== 'ssh') return;
  if (credential.kind !== 'ssh')
    throw new SyncError('InvalidSpec', 'spec.git.repo is an ssh URL: name a private key in spec.git.auth.sshKey.secretRef.');
  if (credential.ignoreHostKey !== true && knownHostsFor(credential, remote) === '') {
    const port = remote.port === '' ? '' : `-p ${remote.port} `;
    throw new SyncError(
      'HostKeyUnknown',
      `The host key of ${remote.host} is not known: add the key known_hosts to the Secret of spec.git.auth.sshKey, or name a ConfigMap in spec.git.auth.sshKey.knownHosts, with the output of \`ssh-keyscan ${port}${remote.host}\` after comparing it with what the host publishes.`,
    );
  }
}

/** What the object brings counts alone; else what the host is known to publish. */
function knownHostsFor({ knownHosts }: Extract<Credential, { kind: 'ssh' }>, { host, port }: Remote): string {
  return knownHosts.trim() === '' ? publishedKnownHosts(host, port) : knownHosts.trimEnd();
}

/** Git's own credential store hands a token to its host only, also when that host redirects elsewhere; the same for a proxy. */
async function lendOverHttp(
  credential: Exclude<Credential, { kind: 'ssh' }>,
  remote: Remote,
  { ca, proxy }: Connection,
  folder: string,
): Promise<Omit<Access, 'folder'>> {
  const [store, authorities] = [join(folder, 'credentials'), join(folder, 'ca.pem')];
  const logins: string[] = [];
  const options: string[] = [];
  if (credential.kind === 'token') {
    const named = new URL(remote.url).username; // git asks for the user that the URL names
    const username = named === '' ? encodeURIComponent(credential.username) : named;
    const host = remote.port === '' ? remote.host : `${remote.host}:${remote.port}`;
    logins.push(`${remote.transport}://${username}:${encodeURIComponent(credential.token.trim())}@${host}`);
    // Newer git shows the token at once instead of after a refusal; older git does not know the option and does not mind.
    options.push('-c', 'http.proactiveAuth=basic');
  }
  if (proxy) {
    const url = new URL(proxy.url);
    if (proxy.login) {
      url.username = encodeURIComponent(proxy.login.username);
      logins.push(`${url.protocol}//${url.username}:${encodeURIComponent(proxy.login.password)}@${url.host}`);
    }
    options.push('-c', `http.proxy=${url.href.replace(/\/$/, '')}`);
  }
  if (logins.length > 0) {
    await writeFile(store, `${logins.join('\n')}\n`, { mode: 0o600 });
    options.push('-c', 'credential.helper=', '-c', `credential.helper=store --file=${quote(store)}`);
  }
  if (ca !== undefined) {
    await writeFile(authorities, ca, { mode: 0o600 });
    options.push('-c', `http.sslCAInfo=${authorities}`);
  }
  return { options, env: {} };
}

async function lendKey(credential: Extract<Credential, { kind: 'ssh' }>, remote: Remote, folder: string): Promise<Omit<Access, 'folder'>> {
  const [key, knownHosts] = [join(folder, 'key'), join(folder, 'known_hosts')];
  await writeFile(key, `${credential.privateKey.replaceAll('\r\n', '\n').trimEnd()}\n`, { mode: 0o600 });
  await writeFile(knownHosts, `${knownHostsFor(credential, remote)}\n`, { mode: 0o600 });
  const options = {
    IdentityFile: key,
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    BatchMode: 'yes',
    StrictHostKeyChecking: credential.ignoreHostKey === true ? 'no' : 'yes',
    UserKnownHostsFile: credential.ignoreHostKey === true ? '/dev/null' : knownHosts,
    GlobalKnownHostsFile: '/dev/null',
    UpdateHostKeys: 'no',
    ConnectTimeout: '15',
    ServerAliveInterval: '15',
  };
  const command = ['ssh', '-F', '/dev/null', ...Object.entries(options).flatMap(([name, value]) => ['-o', quote(`${name}=${value}`)])].join(
    ' ',
  );
  return { options: [], env: { GIT_SSH_COMMAND: command, GIT_SSH_VARIANT: 'ssh' } };
}

/** As one word for the shell that git hands its helpers to. */
function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
