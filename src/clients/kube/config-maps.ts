import { SyncError } from '../../domain/errors.ts';
import type { KubeClient } from './client.ts';
import { CONFIG_MAPS } from './resources.ts';

/**
 * The text of one key of a ConfigMap, read at each call so that a change counts at once.
 * @throws SyncError ConfigMapNotFound that says whether the ConfigMap or the key is missing.
 */
export async function readConfigMap(kube: KubeClient, namespace: string, name: string, key: string): Promise<string> {
  const map = await kube.get(CONFIG_MAPS, namespace, name);
  if (!map) throw new SyncError('ConfigMapNotFound', `ConfigMap ${namespace}/${name} does not exist: create it with the key ${key}.`);
  const value = map.data?.[key];
  if (value !== undefined) return value;
  const keys = Object.keys(map.data ?? {});
  throw new SyncError(
    'ConfigMapNotFound',
    `ConfigMap ${namespace}/${name} has no key ${key} (it has ${keys.length === 0 ? 'none' : keys.slice(0, 10).join(', ')}): add the key or name another.`,
  );
}
