import type { IgnitionSyncSpec } from '../api/v1alpha1/ignition-sync.ts';
import type { Connection, Credential } from '../clients/git/credentials.ts';
import { apiUrlOf } from '../clients/git/github-app.ts';
import type { Remote } from '../clients/git/remote.ts';
import type { RemoteAccess } from '../clients/git/remote-client.ts';
import { SyncError } from '../domain/errors.ts';
import { isLoopback } from '../domain/git-policy.ts';
import { sha256 } from './digest.ts';
import type { InstallationTokens } from './installation-tokens.ts';

/**
 * Reads one key of a Secret at the moment of use.
 * @throws SyncError SecretNotFound when Secret or key is missing.
 */
export type ReadSecret = (namespace: string, name: string, key: string) => Promise<string>;

/**
 * Reads one key of a ConfigMap at the moment of use.
 * @throws SyncError ConfigMapNotFound when ConfigMap or key is missing.
 */
export type ReadConfigMap = (namespace: string, name: string, key: string) => Promise<string>;

/** What an access is made from. */
export interface Readers {
  readonly readSecret: ReadSecret;
  readonly readConfigMap: ReadConfigMap;
  readonly tokens: InstallationTokens;
}

type Git = IgnitionSyncSpec['git'];

/** Whose eyes a mirror is seen with: objects with the same identity may share one. */
export function credentialIdentity(namespace: string, auth: Git['auth']): string {
  const ref = auth?.token?.secretRef ?? auth?.sshKey?.secretRef ?? auth?.githubApp?.secretRef;
  const app = auth?.githubApp ? [auth.githubApp.appId, auth.githubApp.installationId] : [];
  return ref ? JSON.stringify([namespace, ref.name, ref.key, auth?.token?.username ?? '', ...app]) : '';
}

/** Reads what an object says about reaching its repository: credential, authorities, proxy; all from its own namespace. */
export async function readAccess(
  namespace: string,
  git: Git,
  remote: Remote,
  readers: Readers,
): Promise<Pick<RemoteAccess, 'credential' | 'connection' | 'proof' | 'onRefused'>> {
  const connection = await readConnection(namespace, git, readers);
  const { auth } = git;
  if (auth?.token) {
    const { secretRef, username } = auth.token;
    const token = await readers.readSecret(namespace, secretRef.name, secretRef.key);
    return { credential: { kind: 'token', username, token }, connection, proof: digestOf([connection, username, token]) };
  }
  if (auth?.sshKey) {
    const credential = await readKey(namespace, auth.sshKey, readers);
    return { credential, connection, proof: digestOf([connection, credential]) };
  }
  if (!auth?.githubApp) return { credential: { kind: 'none' }, connection, proof: digestOf([connection]) };
  const { appId, installationId, secretRef, apiUrl = apiUrlOf(remote.host) } = auth.githubApp;
  const { protocol, hostname } = new URL(apiUrl);
  if (protocol !== 'https:' && !isLoopback(hostname))
    throw new SyncError('InvalidSpec', 'spec.git.auth.githubApp.apiUrl must begin with https://.');
  const privateKey = await readers.readSecret(namespace, secretRef.name, secretRef.key);
  const proof = digestOf([connection, apiUrl, appId, installationId, privateKey]);
  const token = await readers.tokens.of(proof, { apiUrl, appId, installationId, privateKey }, connection);
  const credential: Credential = { kind: 'token', username: 'x-access-token', token };
  return { credential, connection, proof, onRefused: () => readers.tokens.forget(proof) };
}

function digestOf(parts: readonly unknown[]): string {
  return sha256(JSON.stringify(parts));
}

async function readConnection(namespace: string, { ca, proxy }: Git, readers: Readers): Promise<Connection> {
  const authorities = ca && (await readText(namespace, ca, readers));
  const ref = proxy?.secretRef;
  const login = ref && parseLogin(await readers.readSecret(namespace, ref.name, ref.key));
  return {
    ...(authorities === undefined ? {} : { ca: authorities }),
    ...(proxy ? { proxy: { url: proxy.url, ...(login ? { login } : {}) } } : {}),
  };
}

async function readKey(
  namespace: string,
  { secretRef: { name, key }, knownHosts, insecureIgnoreHostKey }: NonNullable<NonNullable<Git['auth']>['sshKey']>,
  readers: Readers,
): Promise<Extract<Credential, { kind: 'ssh' }>> {
  const privateKey = await readers.readSecret(namespace, name, key);
  const known = knownHosts
    ? await readText(namespace, knownHosts, readers)
    : await readers.readSecret(namespace, name, 'known_hosts').catch((error: unknown) => {
        if (error instanceof SyncError && error.reason === 'SecretNotFound') return ''; // then the host cannot be checked, which is said where it matters
        throw error;
      });
  return { kind: 'ssh', privateKey, knownHosts: known, ignoreHostKey: insecureIgnoreHostKey };
}

/** The text that a field names in a ConfigMap or a Secret. */
export async function readText(namespace: string, { configMapRef, secretRef }: NonNullable<Git['ca']>, readers: Readers): Promise<string> {
  if (configMapRef) return await readers.readConfigMap(namespace, configMapRef.name, configMapRef.key);
  if (secretRef) return await readers.readSecret(namespace, secretRef.name, secretRef.key);
  return '';
}

function parseLogin(text: string): { username: string; password: string } {
  const colon = text.indexOf(':');
  if (colon < 1) throw new SyncError('InvalidSpec', 'The Secret of spec.git.proxy.secretRef must hold user:password.');
  return { username: text.slice(0, colon), password: text.slice(colon + 1).trimEnd() };
}
