import { SyncError } from '../domain/errors.ts';
import type { Digest, Manifest } from '../domain/manifest.ts';
import type { Layout } from '../domain/plan/mapping.ts';
import type { BlobIndex, StoredBlob } from './blob-index.ts';
import { Composer, manifestOf, type Composition } from './composer.ts';
import type { ContentStore } from './content-store.ts';
import { readWhole, stageBlobs } from './import-blobs.ts';
import type { AskAccess, Mirror } from './mirror.ts';
import { Renderer, type RenderedPlan } from './renderer.ts';
import type { Work } from './source.ts';
import { inParallel, type Staging } from './staging.ts';

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
  readonly mirror: Mirror;
  readonly access: AskAccess;
  readonly staging: Staging;
  readonly work: Work;
}

/** Makes manifests and every byte that they name: from git, rendered where that is asked for. What the store has already stays as it is. */
export class Maker {
  readonly #store: ContentStore;
  readonly #blobs: BlobIndex;
  readonly #composer = new Composer();
  readonly #renderer: Renderer;

  constructor(store: ContentStore, blobs: BlobIndex) {
    this.#store = store;
    this.#blobs = blobs;
    this.#renderer = new Renderer(store);
  }

  /**
   * Stages what is missing for these layouts, manifests too.
   * @returns what each layout gives; `settled` is to be called when the staging is committed
   * @throws SyncError of planning and of the git side
   */
  async make(layouts: readonly Layout[], making: Making): Promise<{ made: Made[]; settled: () => Promise<void> }> {
    const { commit, mirror, access, staging, work } = making;
    const tree = await mirror.tree(commit, access);
    work.onProgress?.('listed');
    const compositions = layouts.map((layout) => this.#composer.compose(commit, tree, layout));
    const fresh = await this.#stageMissing(compositions, making);
    const blob = (oid: string): StoredBlob => known(fresh.get(oid) ?? this.#blobs.get(oid), oid);
    const rendered = await this.#renderAll(compositions, blob, making);
    const made = compositions.map((composition): Made => {
      const of = rendered.get(composition) as RenderedPlan;
      return { composition, notes: of.notes, ...manifestOf(composition, blob, of) };
    });
    const manifests = new Map(made.map(({ digest, manifest }) => [digest, manifest]));
    await inParallel(
      [...manifests],
      async ([digest, manifest]) => (await this.#store.hasManifest(digest)) || this.#store.stageManifest(staging, manifest),
    );
    const settled = async (): Promise<void> => {
      await this.#blobs.add(fresh);
      for (const one of rendered.values()) this.#renderer.remember(one);
    };
    return { made, settled };
  }

  /** Renders each composition once, however many gateways share it. */
  async #renderAll(
    compositions: readonly Composition[],
    blob: (oid: string) => StoredBlob,
    { commit, mirror, access, staging }: Making,
  ): Promise<ReadonlyMap<Composition, RenderedPlan>> {
    const read = (oids: readonly string[]) =>
      mirror.read(commit, access, (repository) => readWhole(repository.readBlobs([...new Set(oids)])));
    const rendered = new Map<Composition, RenderedPlan>();
    for (const composition of new Set(compositions))
      rendered.set(composition, await this.#renderer.render(composition.plan, blob, read, staging));
    return rendered;
  }

  /** Reads the blobs that the store does not have, or has lost; each is read from git once, whoever needs it. */
  async #stageMissing(
    compositions: readonly Composition[],
    { commit, mirror, access, staging, work }: Making,
  ): Promise<Map<string, StoredBlob>> {
    const oids = new Set<string>();
    for (const { plan } of new Set(compositions)) for (const { oid } of plan.files) oids.add(oid);
    await inParallel([...oids], async (oid) => {
      const stored = this.#blobs.get(oid);
      if (stored && (await this.#store.hasBlob(stored))) oids.delete(oid);
    });
    if (oids.size === 0) return new Map();
    let read = 0;
    const onBlob = (): void => work.onProgress?.(`${(read += 1)} of ${oids.size} blobs`);
    return await mirror.read(commit, access, (repository) => stageBlobs(this.#store, staging, repository.readBlobs([...oids]), onBlob));
  }
}

function known(blob: StoredBlob | undefined, oid: string): StoredBlob {
  if (!blob) throw new SyncError('GitFailed', `The mirror gave no content for blob ${oid}; it is read again.`);
  return blob;
}
