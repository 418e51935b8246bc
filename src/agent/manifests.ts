import { createHash } from 'node:crypto';
import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ManifestText, NO_MANIFEST, createManifest, encodeManifest, type Digest } from '../domain/manifest.ts';
import { SyncError } from '../domain/errors.ts';
import { writeDurably } from './durable.ts';
import { guardManifest, guardMirror } from './guard.ts';
import type { Layout } from './layout.ts';
import type { RelayClient } from './ports.ts';
import { errnoOf } from './volume-error.ts';

const EMPTY = new ManifestText(encodeManifest(createManifest([])));

/**
 * A manifest: the record of what we own, or what shall be live. From our folder, else from the relay, then kept there.
 * @throws SyncError ContentUnavailable when what the relay sends is not it; PathNotAllowed when it names what may not be written.
 */
export async function obtainManifest(layout: Layout, relay: RelayClient, digest: Digest, signal?: AbortSignal): Promise<ManifestText> {
  const found = await readKept(layout, digest);
  if (found) return found;
  const text = await relay.manifest(digest, signal);
  if (digestOf(text) !== digest)
    throw new SyncError('ContentUnavailable', `What the relay sent as manifest ${digest} has another digest: asked again.`);
  const manifest = parse(text, digest);
  guardEntries(manifest, digest);
  await writeDurably(layout.manifest(digest), text);
  return manifest;
}

/** Removes the records that nothing refers to any more. */
export async function sweepManifests(layout: Layout, keep: ReadonlySet<Digest>): Promise<void> {
  for (const name of await readdir(layout.manifests)) {
    if (!keep.has(name)) await rm(join(layout.manifests, name), { force: true });
  }
}

async function readKept(layout: Layout, digest: Digest): Promise<ManifestText | undefined> {
  if (digest === NO_MANIFEST) return EMPTY;
  if (!/^[0-9a-f]{64}$/.test(digest)) throw new SyncError('ContentUnavailable', `"${digest}" is not the digest of a manifest.`);
  let text: string;
  try {
    text = await readFile(layout.manifest(digest), 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  return digestOf(text) === digest ? parse(text, digest) : undefined;
}

function parse(text: string, digest: Digest): ManifestText {
  return readable(digest, () => new ManifestText(text));
}

/** Every line is read once, when the manifest arrives: from then on what is kept is known to be good by its digest. */
function guardEntries(manifest: ManifestText, digest: Digest): void {
  readable(digest, () => guardManifest(manifest.entries()));
  guardMirror(manifest.mirror);
}

function readable<T>(digest: Digest, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyncError) throw error;
    throw new SyncError('ContentUnavailable', `Manifest ${digest} cannot be read.`, { cause: error });
  }
}

function digestOf(text: string): Digest {
  return createHash('sha256').update(text).digest('hex');
}
