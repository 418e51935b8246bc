import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SyncError } from '../../domain/errors.ts';
import type { Remote } from './remote.ts';

/** What proves that we may read a repository. */
export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly username: string; readonly token: string }
  | {
      readonly kind: 'ssh';
      readonly privateKey: string;
      /** Lines of a known_hosts file; empty when there are none. */ readonly knownHosts: string;
    };

/** How one git call shows its credential: options before the command, and variables. Neither holds the secret itself. */
export interface Access {
  readonly options: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Lends a credential to git for the length of one call: it lies in files of a private folder that is gone afterwards, never in
 * arguments, variables or the mirror.
 * @throws SyncError HostKeyUnknown when an ssh host cannot be checked; InvalidSpec when credential and URL do not fit.
 */
export async function withCredential<T>(credential: Credential, remote: Remote, use: (access: Access) => Promise<T>): Promise<T> {
  refuseMisfit(credential, remote);
  if (credential.kind === 'none') return await use({ options: [], env: {} });
  const folder = await mkdtemp(join(tmpdir(), 'ignition-sync-git-'));
  try {
    return await use(credential.kind === 'token' ? await lendToken(credential, remote, folder) : await lendKey(credential, folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Takes a credential's secret out of a text that is to be shown. */
export function scrub(text: string, credential: Credential): string {
  const secrets =
    credential.kind === 'token'
      ? [credential.token, encodeURIComponent(credential.token)]
      : credential.kind === 'ssh'
        ? [credential.privateKey]
        : [];
  const clean = secrets.filter((secret) => secret.trim() !== '').reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
  return clean.replace(/(\w+:\/\/)[^/\s@']*:[^/\s@']*@/g, '$1***@');
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
  if (credential.knownHosts.trim() === '') {
    const port = remote.port === '' ? '' : `-p ${remote.port} `;
    throw new SyncError(
      'HostKeyUnknown',
      `The host key of ${remote.host} is not known: add the key known_hosts to the Secret of spec.git.auth.sshKey, with the output of \`ssh-keyscan ${port}${remote.host}\` after comparing it with what the host publishes.`,
    );
  }
}

/** Git's own credential store hands a token to its host only, also when that host redirects elsewhere. */
async function lendToken(credential: Extract<Credential, { kind: 'token' }>, remote: Remote, folder: string): Promise<Access> {
  const file = join(folder, 'credentials');
  const host = remote.port === '' ? remote.host : `${remote.host}:${remote.port}`;
  const named = new URL(remote.url).username; // git asks for the user that the URL names
  const username = named === '' ? encodeURIComponent(credential.username) : named;
  await writeFile(file, `${remote.transport}://${username}:${encodeURIComponent(credential.token.trim())}@${host}\n`, { mode: 0o600 });
  // Newer git shows the token at once instead of after a refusal; older git does not know the option and does not mind.
  return {
    options: ['-c', 'http.proactiveAuth=basic', '-c', 'credential.helper=', '-c', `credential.helper=store --file=${quote(file)}`],
    env: {},
  };
}

async function lendKey(credential: Extract<Credential, { kind: 'ssh' }>, folder: string): Promise<Access> {
  const [key, knownHosts] = [join(folder, 'key'), join(folder, 'known_hosts')];
  await writeFile(key, `${credential.privateKey.replaceAll('\r\n', '\n').trimEnd()}\n`, { mode: 0o600 });
  await writeFile(knownHosts, `${credential.knownHosts.trimEnd()}\n`, { mode: 0o600 });
  const options = {
    IdentityFile: key,
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    BatchMode: 'yes',
    StrictHostKeyChecking: 'yes',
    UserKnownHostsFile: knownHosts,
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
