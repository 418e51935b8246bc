import { basename, join } from 'node:path';
import type { ApiKey } from '../clients/ignition/api-key.ts';
import { refusedWith } from '../clients/ignition/failure.ts';
import { SyncError } from '../domain/errors.ts';
import { resourceName } from '../domain/resource-name.ts';
import type { Access } from './access.ts';
import type { Change } from './change.ts';
import { readText } from './hash.ts';
import type { VolumeFs } from './volume-fs.ts';

const TOKEN = /^config\/resources\/([^/]+)\/ignition\/api-token\/([^/]+)\/(config|resource)\.json$/;
/** Who may do what with which key. */
export const SECURITY = /^config\/resources\/[^/]+\/ignition\/security-(properties|levels)\//;

/**
 * The key with which this product asks a gateway may itself be a file of that gateway. A change that takes it away would lock the product out
 * before it could load, prove or undo anything. One that brings it is no worse for the gateway's refusing it now.
 * @param scratch folder on the volume with the new content, laid out as the data directory
 * @throws SyncError GatewayAuthFailed naming the file and the way out
 */
export function guardKey({ key, refused }: Access, changes: Iterable<Change>, volume: VolumeFs, scratch: string): void {
  if (refused && !(key && bringsKey(key, refused, changes, volume, scratch))) throw refused;
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

/** The files on the volume that make this very key known to the gateway, once it has loaded them. */
export function tokenFiles(volume: VolumeFs, key: ApiKey): string[] {
  const root = 'config/resources';
  return volume
    .list(root)
    .flatMap(({ name }) => tokenFolders(volume, join(root, name, 'ignition/api-token')))
    .filter((folder) => resourceName(basename(folder)) === key.name)
    .map((folder) => join(folder, 'config.json'))
    .filter((file) => isHashOf(key, readJson(volume, file)));
}

function tokenFolders(volume: VolumeFs, at: string): string[] {
  return volume.look(at).kind === 'folder' ? volume.list(at).map(({ name }) => join(at, name)) : [];
}

/** Whether a change makes this key known to the gateway, or may give it its right. */
function bringsKey(key: ApiKey, refused: SyncError, changes: Iterable<Change>, volume: VolumeFs, scratch: string): boolean {
  for (const { path, after } of changes) {
    if (after === undefined) continue;
    if (SECURITY.test(path) && refusedWith(refused) === 403) return true;
    if (isTokenOf(key, path) && isHashOf(key, readJson(volume, join(scratch, path)))) return true;
  }
  return false;
}

/** Whether this is the file that has the hash of this key. */
export function isTokenOf(key: ApiKey, path: string): boolean {
  const [, , folder = '', file] = TOKEN.exec(path) ?? [];
  return file === 'config' && resourceName(folder) === key.name;
}

function isHashOf(key: ApiKey, config: unknown): boolean {
  const { settings } = (config ?? {}) as { settings?: { tokenHash?: unknown } };
  return settings?.tokenHash === key.tokenHash;
}

function replaces(volume: VolumeFs, file: string, key: ApiKey): string | undefined {
  return isHashOf(key, readJson(volume, file)) ? undefined : 'replaces';
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
