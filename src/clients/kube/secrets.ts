import { SyncError } from '../../domain/errors.ts';
import type { KubeClient } from './client.ts';
import { SECRETS } from './resources.ts';

/**
 * The text of one key of a Secret, read at each call so that a rotated secret counts at once.
 * @throws SyncError SecretNotFound that says whether the Secret or the key is missing.
 */
export async function readSecret(kube: KubeClient, namespace: string, name: string, key: string): Promise<string> {
  const secret = await kube.get(SECRETS, namespace, name);
  if (!secret) throw new SyncError('SecretNotFound', `Secret ${namespace}/${name} does not exist: create it with the key ${key}.`);
  const value = secret.data?.[key];
  if (value === undefined) {
    const keys = Object.keys(secret.data ?? {});
    throw new SyncError(
      'SecretNotFound',
      `Secret ${namespace}/${name} has no key ${key} (it has ${keys.length === 0 ? 'none' : keys.slice(0, 10).join(', ')}): add the key or name another.`,
    );
  }
  return Buffer.from(value, 'base64').toString('utf8');
}
