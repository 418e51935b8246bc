import type { IgnitionSyncSpec } from '../api/v1alpha1/ignition-sync.ts';
import type { Credential } from '../clients/git/credentials.ts';
import { SyncError } from '../domain/errors.ts';

/**
 * Reads one key of a Secret at the moment of use.
 * @throws SyncError SecretNotFound when Secret or key is missing.
 */
export type ReadSecret = (namespace: string, name: string, key: string) => Promise<string>;

type Auth = IgnitionSyncSpec['git']['auth'];

/** Whose eyes a mirror is seen with: objects with the same identity may share one. */
export function credentialIdentity(namespace: string, auth: Auth): string {
  const ref = auth?.token?.secretRef ?? auth?.sshKey?.secretRef;
  return ref ? JSON.stringify([namespace, ref.name, ref.key, auth?.token?.username ?? '']) : '';
}

/** Reads the credential that an object names, from its own namespace. */
export async function readCredential(namespace: string, auth: Auth, readSecret: ReadSecret): Promise<Credential> {
  if (auth?.token) {
    const { secretRef, username } = auth.token;
    return { kind: 'token', username, token: await readSecret(namespace, secretRef.name, secretRef.key) };
  }
  if (!auth?.sshKey) return { kind: 'none' };
  const { name, key } = auth.sshKey.secretRef;
  const privateKey = await readSecret(namespace, name, key);
  const knownHosts = await readSecret(namespace, name, 'known_hosts').catch((error: unknown) => {
    if (error instanceof SyncError && error.reason === 'SecretNotFound') return ''; // then the host cannot be checked, which is said where it matters
    throw error;
  });
  return { kind: 'ssh', privateKey, knownHosts };
}
