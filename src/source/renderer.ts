import { posix } from 'node:path';
import { SyncError } from '../domain/errors.ts';
import type { GatewayPlan } from '../domain/plan/compose.ts';
import type { PlannedFile } from '../domain/plan/composed.ts';
import { SYSTEM_NAME, SYSTEM_PROPERTIES } from '../domain/plan/with-edits.ts';
import { MAX_EDITED_BYTES, hasKey, render } from '../domain/render/render.ts';
import { resign } from '../domain/signature/resign.ts';
import type { StoredBlob } from './blob-index.ts';
import { canonicalJson } from './canonical-json.ts';
import { blobKey, type ContentStore } from './content-store.ts';
import { sha256, sha256Of } from './digest.ts';
import { RecentMap } from './recent-map.ts';
import type { Staging } from './staging.ts';

/** What becomes of one edited file. */
type Outcome = { readonly kind: 'unchanged' | 'leftOut' } | { readonly kind: 'changed'; readonly blob: StoredBlob };

/** What a plan's edits made of its files. */
export interface RenderedPlan {
  /** New content by path. */
  readonly blobs: ReadonlyMap<string, StoredBlob>;
  /** Files that are left out after all. */
  readonly leftOut: ReadonlySet<string>;
  readonly notes: readonly string[];
  /** To be remembered once what was staged is in the store. */
  readonly fresh: ReadonlyMap<string, Outcome>;
}

const NOTHING: RenderedPlan = { blobs: new Map(), leftOut: new Set(), notes: [], fresh: new Map() };

/** Gives whole content of git blobs. */
export type ReadBlobs = (oids: readonly string[]) => Promise<ReadonlyMap<string, Uint8Array>>;

/** Blobs read from git at once, so that memory stays bounded whatever the number of files. */
const BATCH_BYTES = 32 * 1024 * 1024;

/** Makes the content that a plan changes for its gateways: once per content, centrally, before anything is touched. */
export class Renderer {
  readonly #store: ContentStore;
  readonly #known = new RecentMap<string, Outcome>(50_000);

  constructor(store: ContentStore) {
    this.#store = store;
  }

  /**
   * Renders every edited file of a plan into `staging`, and signs the resources that they belong to anew.
   * @param blob what an unedited file is in the store
   * @throws SyncError TemplateFailed, PatchFailed, UnsupportedContent
   */
  async render(plan: GatewayPlan, blob: (oid: string) => StoredBlob, read: ReadBlobs, staging: Staging): Promise<RenderedPlan> {
    const edited = plan.files.filter(({ edits }) => edits);
    if (edited.length === 0) return NOTHING;
    const fresh = new Map<string, Outcome>();
    const outcomes = new Map<string, Outcome>();
    const values = canonicalJson([...plan.values]);
    const keyOf = ({ path, oid, edits }: PlannedFile): string => sha256(canonicalJson([path, oid, edits, values]));
    const missing: PlannedFile[] = [];
    for (const file of edited) {
      const known = this.#known.get(keyOf(file));
      if (known && (known.kind !== 'changed' || (await this.#store.hasBlob(known.blob)))) outcomes.set(file.path, known);
      else missing.push(file);
    }
    for (const batch of batches(missing, blob)) {
      const contents = await read(batch.map(({ oid }) => oid));
      for (const file of batch) {
        const outcome = this.#renderFile(file, contents.get(file.oid) ?? new Uint8Array(), plan, staging);
        outcomes.set(file.path, outcome);
        fresh.set(keyOf(file), outcome);
      }
    }
    const leftOut = leftOutWith(plan, outcomes);
    const blobs = new Map<string, StoredBlob>();
    for (const [path, outcome] of outcomes) if (outcome.kind === 'changed' && !leftOut.has(path)) blobs.set(path, outcome.blob);
    await this.#resign(plan, blobs, blob, read, staging);
    const notes =
      leftOut.size === 0
        ? []
        : [
            `left out ignition/system-properties without the key systemName: ${[...leftOut].filter((p) => SYSTEM_PROPERTIES.test(p)).join(', ')}.`,
          ];
    return { blobs, leftOut, notes, fresh };
  }

  /** Call when what was staged is in the store. */
  remember({ fresh }: RenderedPlan): void {
    for (const [key, outcome] of fresh) this.#known.set(key, outcome);
  }

  #renderFile({ path, edits = [] }: PlannedFile, bytes: Uint8Array, plan: GatewayPlan, staging: Staging): Outcome {
    if (SYSTEM_PROPERTIES.test(path) && !hasKey(bytes, SYSTEM_NAME)) return { kind: 'leftOut' };
    const rendered = render(bytes, edits, plan.values, path);
    return rendered.kind === 'unchanged' ? rendered : { kind: 'changed', blob: this.#stage(rendered.bytes, staging) };
  }

  /** A manifest that signs a payload which is not the one that was signed would be skipped by the gateway, or worse. */
  async #resign(
    plan: GatewayPlan,
    blobs: Map<string, StoredBlob>,
    blob: (oid: string) => StoredBlob,
    read: ReadBlobs,
    staging: Staging,
  ): Promise<void> {
    const byPath = new Map(plan.files.map((file) => [file.path, file]));
    const manifests = new Set([...blobs.keys()].map((path) => posix.join(posix.dirname(path), 'resource.json')));
    const signed = [...manifests].flatMap((path) => byPath.get(path) ?? []);
    for (const batch of batches(signed, blob)) {
      const contents = await read(batch.map(({ oid }) => oid));
      for (const file of batch) {
        const { path, oid, edits = [] } = file;
        const folder = posix.dirname(path);
        const original = contents.get(oid) ?? new Uint8Array();
        const rendered = render(original, edits, plan.values, path);
        const digest = (of: 'before' | 'after') => (name: string) => {
          const payload = byPath.get(posix.join(folder, name));
          if (!payload) return undefined;
          return (of === 'after' ? blobs.get(payload.path) : undefined)?.sha256 ?? blob(payload.oid).sha256;
        };
        const current = rendered.kind === 'changed' ? rendered.bytes : original;
        const text = resign(
          { manifest: decode(original), payload: digest('before') },
          { manifest: decode(current), payload: digest('after') },
          sha256Of,
        );
        if (text !== undefined) blobs.set(path, this.#stage(new TextEncoder().encode(text), staging));
      }
    }
  }

  #stage(bytes: Uint8Array, staging: Staging): StoredBlob {
    const digest = sha256(bytes);
    staging.add(blobKey(digest), bytes);
    return { sha256: digest, size: bytes.length, lfsPointer: false };
  }
}

/** A resource without its payload is none: the whole folder of a file that is left out stays out. */
function leftOutWith(plan: GatewayPlan, outcomes: ReadonlyMap<string, Outcome>): Set<string> {
  const folders = [...outcomes].filter(([, { kind }]) => kind === 'leftOut').map(([path]) => `${posix.dirname(path)}/`);
  return new Set(plan.files.map(({ path }) => path).filter((path) => folders.some((folder) => path.startsWith(folder))));
}

/** @throws SyncError UnsupportedContent for a file that is too large to be edited */
function* batches(files: readonly PlannedFile[], blob: (oid: string) => StoredBlob): Generator<PlannedFile[]> {
  let batch: PlannedFile[] = [];
  let bytes = 0;
  for (const file of files) {
    const { path, oid, edits } = file;
    const { size } = blob(oid);
    if (size > MAX_EDITED_BYTES)
      throw new SyncError(
        'UnsupportedContent',
        `${edits?.[0]?.field ?? ''}: "${path}" has ${size} bytes, more than the ${MAX_EDITED_BYTES} up to which files are edited: take it out of the template or patch.`,
      );
    if (batch.length > 0 && bytes + size > BATCH_BYTES) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(file);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
