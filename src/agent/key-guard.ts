import { join } from 'node:path';
import type { ApiKey } from '../clients/ignition/api-key.ts';
import { SyncError } from '../domain/errors.ts';
import { resourceName } from '../domain/resource-name.ts';
import type { Change } from './change.ts';
import { readText } from './hash.ts';
import type { VolumeFs } from './volume-fs.ts';

const TOKEN = /^config\/resources\/([^/]+)\/ignition\/api-token\/([^/]+)\/(config|resource)\.json$/;

/**
 * The key with which this product asks a gateway may itself be a file of that gateway. A change that takes it away would lock the product out
 * before it could load, prove or undo anything.
 * @param scratch folder on the volume with the new content, laid out as the data directory
 * @throws SyncError GatewayAuthFailed naming the file and the way out
 */
export function guardKey(key: ApiKey | undefined, changes: Iterable<Change>, volume: VolumeFs, scratch: string): void {
  if (key === undefined) return;
  for (const { path, after } of changes) {
    const [, collection = '', folder = '', file] = TOKEN.exec(path) ?? [];
    if (folder === '' || resourceName(folder) !== key.name || standsElsewhere(volume, folder, collection)) continue;
    const does =
      after === undefined
        ? 'removes'
        : file === 'config'
          ? replaces(volume, join(scratch, path), key)
          : disables(volume, join(scratch, path));
    if (does === undefined) continue;
    throw new SyncError(
      'GatewayAuthFailed',
      `${path}: this commit ${does} the API key ${key.name}, with which this gateway itself is asked: give spec.gateway.apiKeySecretRef another key of the gateway first, or leave this one as it is.`,
    );
  }
}

function replaces(volume: VolumeFs, file: string, key: ApiKey): string | undefined {
  const { settings } = (readJson(volume, file) ?? {}) as { settings?: { tokenHash?: unknown } };
  return settings?.tokenHash === key.tokenHash ? undefined : 'replaces';
}

function disables(volume: VolumeFs, file: string): string | undefined {
  const { attributes } = (readJson(volume, file) ?? {}) as { attributes?: { enabled?: unknown } };
  return attributes?.enabled === false ? 'disables' : undefined;
}

/** Another collection has the key too: then it stays known. */
function standsElsewhere(volume: VolumeFs, folder: string, collection: string): boolean {
  const root = 'config/resources';
  const others = volume.list(root).filter(({ name }) => name !== collection && !name.startsWith('.'));
  return others.some(({ name }) => volume.look(join(root, name, 'ignition/api-token', folder, 'config.json')).kind === 'file');
}

function readJson(volume: VolumeFs, file: string): unknown {
  try {
    return JSON.parse(readText(volume, file) ?? '') as unknown;
  } catch {
    return undefined;
  }
}
