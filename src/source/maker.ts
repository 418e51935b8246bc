import { buffer } from 'node:stream/consumers';
import { SyncError } from '../domain/errors.ts';
import type { Digest, Manifest } from '../domain/manifest.ts';
import type { GatewayPlan } from '../domain/plan/compose.ts';
import type { Layout } from '../domain/plan/mapping.ts';
import type { BlobIndex, StoredBlob } from './blob-index.ts';
import type { Checkout } from './checkout.ts';
import { Composer, manifestOf, type Composition } from './composer.ts';
import { blobKey, type ContentStore } from './content-store.ts';
import { sha256 } from './digest.ts';
import { importBlobs, readWhole } from './import-blobs.ts';
import { LfsContent } from './lfs.ts';
import { Renderer, type RenderedPlan } from './renderer.ts';
import type { Work } from './source.ts';
import { inParallel } from './parallel.ts';
import type { Staging } from './staging.ts';

/** What one layout gives at a commit. */
export interface Made {
  readonly composition: Composition;
  readonly notes: readonly string[];
  readonly manifest: Manifest;
  readonly digest: Digest;
}

/** From where and to where content is made. */
export interface Making {
  readonly commit: string;
  /** Lists the commit as far as these layouts need it. */
  readonly checkOut: (layouts: readonly Layout[]) => Promise<Checkout>;
  /** Whether Git LFS pointers are resolved. */
  readonly lfs: boolean;
  readonly staging: Staging;
  readonly work: Work;
}

/** Makes manifests and every byte that they name: from git, rendered where that is asked for. What the store has already stays as it is. */
export class Maker {
  readonly #store: ContentStore;
  readonly #blobs: BlobIndex;
  readonly #composer = new Composer();
  readonly #renderer: Renderer;
  readonly #lfs: LfsContent;

  constructor(store: ContentStore, blobs: BlobIndex) {
    this.#lfs = new LfsContent(store);
    this.#store = store;
    this.#blobs = blobs;
    this.#renderer = new Renderer(store);
  }

  /**
   * Stages what is missing for these layouts, manifests too.
   * @returns what each layout gives, and of which commits; `settled` is to be called when the staging is committed
   * @throws SyncError of planning and of the git side
   */
  async make(layouts: readonly Layout[], making: Making): Promise<{ made: Made[]; commits: readonly string[]; settled: () => void }> {
    const { commit, staging, work } = making;
    const checkout = await making.checkOut(layouts);
    work.onProgress?.('listed');
    const compositions = layouts.map((layout) => this.#composer.compose(`${commit} ${checkout.kind}`, checkout.entries, layout));
    stageFallbacks(compositions, this.#store, staging);
    await this.#importMissing(compositions, checkout, making);
    const inGit = (oid: string): StoredBlob => known(this.#blobs.get(oid), oid);
    const fromLfs = making.lfs ? await this.#fetchLfs(compositions, inGit, checkout, work) : new Map<string, StoredBlob>();
    const blob = (oid: string): StoredBlob => fromLfs.get(oid) ?? inGit(oid);
    const rendered = await this.#renderAll(compositions, blob, fromLfs, checkout, staging);
    const made = compositions.map((composition): Made => {
      const of = rendered.get(composition) as RenderedPlan;
      return { composition, notes: of.notes, ...manifestOf(composition, blob, of) };
    });
    const manifests = new Map(made.map(({ digest, manifest }) => [digest, manifest]));
    await inParallel(
      [...manifests],
      async ([digest, manifest]) => (await this.#store.hasManifest(digest)) || this.#store.stageManifest(staging, manifest),
    );
    const settled = (): void => {
      for (const one of rendered.values()) this.#renderer.remember(one);
    };
    return { made, commits: checkout.commits, settled };
  }

  /** What a layout takes from a listing; one and the same for all gateways that have it. @throws SyncError of planning */
  planOf(layout: Layout, commit: string, { entries, kind }: Checkout): GatewayPlan {
    return this.#composer.compose(`${commit} ${kind}`, entries, layout).plan;
  }

  /** Renders each composition once, however many gateways share it. */
  async #renderAll(
    compositions: readonly Composition[],
    blob: (oid: string) => StoredBlob,
    fromLfs: ReadonlyMap<string, StoredBlob>,
    checkout: Checkout,
    staging: Staging,
  ): Promise<ReadonlyMap<Composition, RenderedPlan>> {
    const read = async (oids: readonly string[]): Promise<Map<string, Uint8Array>> => {
      const [resolved, plain] = [oids.filter((oid) => fromLfs.has(oid)), oids.filter((oid) => !fromLfs.has(oid))];
      const contents = await checkout.read(new Set(plain), readWhole);
      for (const oid of resolved) contents.set(oid, await buffer((await this.#store.openBlob(blob(oid).sha256)).stream));
      return contents;
    };
    const rendered = new Map<Composition, RenderedPlan>();
    for (const composition of new Set(compositions)) {
      rendered.set(composition, await this.#renderer.render(composition.plan, blob, read, staging));
    }
    return rendered;
  }

  async #fetchLfs(
    compositions: readonly Composition[],
    blob: (oid: string) => StoredBlob,
    checkout: Checkout,
    work: Work,
  ): Promise<Map<string, StoredBlob>> {
    const files = [...new Set(compositions)].flatMap(({ plan }) => plan.files.filter(({ oid }) => blob(oid).lfsPointer));
    let fetched = 0;
    return await this.#lfs.fetch(files, checkout, () => work.onProgress?.(`${(fetched += 1)} files from Git LFS`));
  }

  /** Reads the blobs that the store does not have, or has lost; each is read from git once, whoever needs it. */
  async #importMissing(compositions: readonly Composition[], checkout: Checkout, { work }: Making): Promise<void> {
    const oids = oidsOf(new Set(compositions.map(({ plan }) => plan)));
    await inParallel([...oids], async (oid) => {
      const stored = this.#blobs.get(oid);
      if (stored && (await this.#store.hasBlob(stored))) oids.delete(oid);
    });
    if (oids.size === 0) return;
    let read = 0;
    const onBlob = (): void => work.onProgress?.(`${(read += 1)} of ${oids.size} blobs`);
    await checkout.read(oids, async (bodies) => {
      // A staging of its own: these blobs get their keys as they come, long before what names them.
      await using staging = this.#store.staging();
      await importBlobs(staging, bodies, (blobs) => this.#blobs.add(blobs), onBlob);
      return new Map<string, never>();
    });
  }
}

/** The blobs that plans take. */
export function oidsOf(plans: Iterable<GatewayPlan>): Set<string> {
  const oids = new Set<string>();
  for (const { files } of plans) for (const { oid } of files) oids.add(oid);
  return oids;
}

function known(blob: StoredBlob | undefined, oid: string): StoredBlob {
  if (!blob) throw new SyncError('GitFailed', `The mirror gave no content for blob ${oid}; it is read again.`);
  return blob;
}

/** They come from no commit, so no import of blobs brings them to the store. */
function stageFallbacks(compositions: readonly Composition[], store: ContentStore, staging: Staging): void {
  const texts = new Set(compositions.flatMap(({ plan }) => plan.fallbacks.map(({ text }) => text)));
  for (const text of texts) staging.add(blobKey(sha256(text)), text);
}
