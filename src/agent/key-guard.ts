import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiKey } from '../clients/ignition/api-key.ts';
import { SyncError } from '../domain/errors.ts';
import type { Change } from './change.ts';

const TOKEN = /^config\/resources\/([^/]+)\/ignition\/api-token\/([^/]+)\/(config|resource)\.json$/;

/**
 * The key with which this product asks a gateway may itself be a file of that gateway. A change that takes it away would lock the product out
 * before it could load, prove or undo anything.
 * @param scratch folder with the new content, laid out as the data directory
 * @throws SyncError GatewayAuthFailed naming the file and the way out
 */
export function guardKey(key: ApiKey | undefined, changes: readonly Change[], dataDir: string, scratch: string): void {
  if (key === undefined) return;
  for (const { path, after } of changes) {
    const [, collection = '', folder = '', file] = TOKEN.exec(path) ?? [];
    if (folder === '' || decode(folder) !== key.name || standsElsewhere(dataDir, folder, collection)) continue;
    const does = after === undefined ? 'removes' : file === 'config' ? replaces(join(scratch, path), key) : disables(join(scratch, path));
    if (does === undefined) continue;
    throw new SyncError(
      'GatewayAuthFailed',
      `${path}: this commit ${does} the API key ${key.name}, with which this gateway itself is asked: give spec.gateway.apiKeySecretRef another key of the gateway first, or leave this one as it is.`,
    );
  }
}

function replaces(file: string, key: ApiKey): string | undefined {
  const { settings } = (readJson(file) ?? {}) as { settings?: { tokenHash?: unknown } };
  return settings?.tokenHash === key.tokenHash ? undefined : 'replaces';
}

function disables(file: string): string | undefined {
  const { attributes } = (readJson(file) ?? {}) as { attributes?: { enabled?: unknown } };
  return attributes?.enabled === false ? 'disables' : undefined;
}

/** Another collection has the key too: then it stays known. */
function standsElsewhere(dataDir: string, folder: string, collection: string): boolean {
  const root = join(dataDir, 'config/resources');
  const others = readdirSync(root).filter((name) => name !== collection && !name.startsWith('.'));
  return others.some((name) => existsSync(join(root, name, 'ignition/api-token', folder, 'config.json')));
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch {
    return undefined;
  }
}

function decode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
