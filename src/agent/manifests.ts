import { dirname, join } from 'node:path';
import { ManifestLines, ManifestText, NO_MANIFEST, createManifest, encodeManifest, type Digest } from '../domain/manifest.ts';
import { SyncError } from '../domain/errors.ts';
import { removeAll } from './durable.ts';
import { guardManifest, guardMirror } from './guard.ts';
import { hashFile, linesOf, readText } from './hash.ts';
import type { Layout } from './layout.ts';
import type { RelayClient } from './ports.ts';
import { receive } from './scratch.ts';
import type { VolumeFs } from './volume-fs.ts';

const EMPTY = new ManifestText(encodeManifest(createManifest([])));
/** Bytes up to which a manifest is held in memory, which is quicker: some 15,000 files. */
const IN_MEMORY = 2 << 20;

/** A manifest that is read from its file each time that it is gone through. */
class KeptManifest extends ManifestLines {
  readonly #volume: VolumeFs;
  readonly #path: string;

  constructor(volume: VolumeFs, path: string) {
    super();
    this.#volume = volume;
    this.#path = path;
  }

  protected *allLines(): Generator<string, undefined> {
    const fd = this.#volume.open(this.#path);
    if (fd === undefined) throw new Error('not a manifest');
    try {
      yield* linesOf(fd);
    } finally {
      this.#volume.close(fd);
    }
    return undefined;
  }
}

/** A manifest that lies in our folder, whole; undefined when it does not. Writes nothing. */
export async function keptManifest(layout: Layout, digest: Digest): Promise<ManifestLines | undefined> {
  if (digest === NO_MANIFEST) return EMPTY;
  const { volume } = layout;
  const path = layout.manifest(digest);
  const isWhole = volume.look(path).kind === 'file' && (await hashFile(volume, path)) === digest;
  return isWhole ? readable(digest, () => open(volume, path)) : undefined;
}

/**
 * A manifest: the record of what we own, or what shall be live. From our folder, else from the relay, then kept there.
 * @throws SyncError ContentUnavailable when what the relay sends is not it; PathNotAllowed when it names what may not be written.
 */
export async function obtainManifest(layout: Layout, relay: RelayClient, digest: Digest, signal?: AbortSignal): Promise<ManifestLines> {
  if (digest === NO_MANIFEST) return EMPTY;
  if (!/^[0-9a-f]{64}$/.test(digest)) throw new SyncError('ContentUnavailable', `"${digest}" is not the digest of a manifest.`);
  const kept = await keptManifest(layout, digest);
  if (kept) return kept;
  const { volume } = layout;
  const path = layout.manifest(digest);
  const next = `${path}.new`;
  if ((await receive(volume, next, relay.manifest(digest, signal), 0o600, undefined)) !== digest)
    throw new SyncError('ContentUnavailable', `What the relay sent as manifest ${digest} has another digest: asked again.`);
  // Every line is read once, when the manifest arrives: from then on what is kept is known to be good by its digest.
  readable(digest, () => {
    const manifest = open(volume, next);
    guardManifest(manifest.entries());
    guardMirror(manifest.mirror);
  });
  await volume.flush(next);
  volume.rename(next, path);
  await volume.flush(dirname(path));
  return open(volume, path);
}

/** A record that may be gone by now, and what stands in for it then. */
export async function manifestOr(
  layout: Layout,
  relay: RelayClient,
  digest: Digest,
  otherwise: ManifestLines,
  signal: AbortSignal,
): Promise<ManifestLines> {
  try {
    return await obtainManifest(layout, relay, digest, signal);
  } catch (error) {
    if (error instanceof SyncError && (error.reason === 'ContentUnavailable' || error.reason === 'RelayUnreachable')) return otherwise;
    throw error;
  }
}

/** Removes the records that nothing refers to any more. */
export async function sweepManifests(layout: Layout, keep: ReadonlySet<Digest>): Promise<void> {
  for (const { name } of layout.volume.list(layout.manifests)) {
    if (!keep.has(name)) await removeAll(layout.volume, join(layout.manifests, name));
  }
}

function open(volume: VolumeFs, path: string): ManifestLines {
  const standing = volume.look(path);
  if (standing.kind === 'file' && standing.stat.size > IN_MEMORY) return new KeptManifest(volume, path);
  return new ManifestText(readText(volume, path) ?? '');
}

function readable<T>(digest: Digest, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyncError) throw error;
    throw new SyncError('ContentUnavailable', `Manifest ${digest} cannot be read.`, { cause: error });
  }
}
