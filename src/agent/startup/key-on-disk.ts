import { join } from 'node:path';
import type { ApiKey } from '../../clients/ignition/api-key.ts';
import type { IgnitionClient } from '../../clients/ignition/client.ts';
import { refusedWith } from '../../clients/ignition/failure.ts';
import type { Layout } from '../layout.ts';
import { SECURITY, isTokenOf, tokenFiles } from '../key-guard.ts';
import { readSnapshot } from '../snapshot.ts';
import { readState } from '../state.ts';

const HOW = 'it does so at its next start, or when somebody scans once in its web page (Platform > System > Modes > Scan File System)';

/**
 * What the gateway's own files say for a key that it refuses: it is there and not loaded yet, since only a start or a scan does that; or the
 * last sync has changed what it may. In words; undefined when the files do not speak for it.
 */
function keyOnDisk(error: unknown, key: ApiKey | undefined, layout: Layout): string | undefined {
  if (key === undefined) return undefined;
  const { volume } = layout;
  const status = refusedWith(error);
  if (status === 401) {
    const [file] = tokenFiles(volume, key);
    if (file === undefined) return undefined;
    return `its files have this key (${file}) and it has not loaded it yet: ${HOW}`;
  }
  if (status !== 403) return undefined;
  const { op } = readState(layout);
  const folder = layout.snapshotFor(op);
  if (op === '' || volume.look(join(folder, 'head.json')).kind !== 'file') return undefined;
  for (const { path } of readSnapshot(volume, folder).changes)
    if (SECURITY.test(path) || isTokenOf(key, path)) return `the last sync changed ${path}, which it has not loaded yet: ${HOW}`;
  return undefined;
}

/** The same with the key that a client sends. Closes the client. */
export async function findKeyOnDisk(client: IgnitionClient, error: unknown, layout: Layout): Promise<string | undefined> {
  try {
    layout.volume.forgetAll();
    return keyOnDisk(error, await client.key(), layout);
  } catch {
    return undefined; // what cannot be read speaks for nothing
  } finally {
    await client.close();
  }
}
