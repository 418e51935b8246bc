import type { StoredBlob } from './blob-index.ts';
import { SyncError } from '../domain/errors.ts';
import { createManifest, manifestPieces, type Digest, type Manifest } from '../domain/manifest.ts';
import { compose, type GatewayPlan } from '../domain/plan/compose.ts';
import type { Layout } from '../domain/plan/mapping.ts';
import type { TreeEntry } from '../domain/plan/tree.ts';
import { canonicalJson } from './canonical-json.ts';
import { sha256, sha256Of } from './digest.ts';
import { RecentMap } from './recent-map.ts';
import type { RenderedPlan } from './renderer.ts';

/** What a layout gives at one commit. */
export interface Composition {
  readonly plan: GatewayPlan;
  /** Known once all blobs are in the store. */
  manifest?: { readonly manifest: Manifest; readonly digest: Digest };
}

/** Files of compositions that are remembered together. */
const MOST_FILES = 100_000;

/** Composes each layout once per commit, however many gateways share it. */
export class Composer {
  readonly #compositions = new RecentMap<string, Composition>(MOST_FILES, ({ plan }) => plan.files.length + 1_000);

  /** @param commit names the listing */
  compose(commit: string, tree: readonly TreeEntry[], layout: Layout): Composition {
    const key = sha256(canonicalJson([commit, layout]));
    let composition = this.#compositions.get(key);
    if (!composition) this.#compositions.set(key, (composition = { plan: compose(tree, layout) }));
    return composition;
  }
}

/**
 * The manifest of a composition.
 * @throws SyncError UnsupportedContent when a file is a Git LFS pointer.
 */
export function manifestOf(
  composition: Composition,
  blob: (oid: string) => StoredBlob,
  rendered: Pick<RenderedPlan, 'blobs' | 'leftOut'>,
): { manifest: Manifest; digest: Digest } {
  if (composition.manifest) return composition.manifest;
  const { files, fallbacks } = composition.plan;
  const manifest = createManifest(
    [
      ...files
        .filter(({ path }) => !rendered.leftOut.has(path))
        .map(({ path, oid, executable }) => {
          const { sha256: digest, size, lfsPointer } = rendered.blobs.get(path) ?? blob(oid);
          if (lfsPointer)
            throw new SyncError(
              'UnsupportedContent',
              `"${path}" is a Git LFS pointer, not the content: set spec.git.lfs: true, commit the file itself, or exclude it with excludePatterns.`,
            );
          return { path, sha256: digest, size, executable };
        }),
      ...fallbacks.map(({ path, text }) => ({
        path,
        sha256: sha256(text),
        size: Buffer.byteLength(text),
        executable: false,
        ifAbsent: true as const,
      })),
    ],
    composition.plan.mirror,
  );
  composition.manifest = { manifest, digest: digestOf(manifest) };
  return composition.manifest;
}

/** The name of a manifest: what its canonical text hashes to. */
export function digestOf(manifest: Manifest): Digest {
  return sha256Of(manifestPieces(manifest));
}
