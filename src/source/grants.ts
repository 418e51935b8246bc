import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Digest } from '../domain/manifest.ts';
import { NO_MANIFEST } from '../domain/manifest.ts';
import type { ContentStore } from './content-store.ts';
import { isDigest } from './digest.ts';
import { RecentMap } from './recent-map.ts';

/** Manifests of one gateway that stay readable; what is live is granted anew with each plan, so it is always among them. */
const KEPT_MANIFESTS = 5;

/** Manifests whose blobs are known without reading them again. */
const CACHED_MANIFESTS = 64;

let counter = 0;

/**
 * Which gateway may read which content: the manifests that were planned for it, and the blobs that those name. A grant is a file, one
 * per gateway, so it holds across restarts and for a relay in another process.
 */
export class Grants {
  readonly #store: ContentStore;
  readonly #byGateway = new Map<string, readonly Digest[]>();
  readonly #blobs = new RecentMap<Digest, ReadonlySet<Digest>>(CACHED_MANIFESTS);

  /** Two plans for one gateway add to its grants one after the other. */
  readonly #last = new Map<string, Promise<void>>();

  constructor(store: ContentStore) {
    this.#store = store;
  }

  /** Lets a gateway read a manifest and its blobs; the oldest grant goes. `none` grants nothing. */
  async grantManifest(namespace: string, gateway: string, ...manifests: readonly Digest[]): Promise<void> {
    const key = `${namespace}/${gateway}`;
    const turn = (this.#last.get(key) ?? Promise.resolve()).then(() => this.#grant(namespace, gateway, manifests));
    const over = turn.catch(() => undefined);
    this.#last.set(key, over);
    await turn.finally(() => this.#last.get(key) === over && this.#last.delete(key));
  }

  async #grant(namespace: string, gateway: string, manifests: readonly Digest[]): Promise<void> {
    const before = await this.#read(namespace, gateway);
    const granted = [...new Set([...manifests.filter((digest) => digest !== NO_MANIFEST), ...before])].slice(0, KEPT_MANIFESTS);
    if (granted.length === before.length && granted.every((digest, i) => digest === before[i])) return;
    const file = this.#file(namespace, gateway);
    counter += 1;
    const temporary = join(this.#store.folder, 'staging', `grant-${process.pid}-${counter}`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(temporary, JSON.stringify({ manifests: granted }));
    await rename(temporary, file);
    this.#byGateway.set(`${namespace}/${gateway}`, granted);
  }

  async mayReadManifest(namespace: string, gateway: string, manifest: Digest): Promise<boolean> {
    if (this.#byGateway.get(`${namespace}/${gateway}`)?.includes(manifest)) return true;
    return (await this.#read(namespace, gateway)).includes(manifest);
  }

  async mayReadBlob(namespace: string, gateway: string, blob: Digest): Promise<boolean> {
    const known = this.#byGateway.get(`${namespace}/${gateway}`) ?? [];
    if (await this.#anyNames(known, blob)) return true;
    const now = await this.#read(namespace, gateway);
    return await this.#anyNames(
      now.filter((digest) => !known.includes(digest)),
      blob,
    );
  }

  async #anyNames(manifests: readonly Digest[], blob: Digest): Promise<boolean> {
    for (const manifest of manifests) {
      let blobs = this.#blobs.get(manifest);
      if (!blobs) {
        // A manifest that is lost names nothing until it is made again.
        const entries = await this.#store.readManifest(manifest).then(
          ({ entries }) => entries,
          () => undefined,
        );
        if (!entries) continue;
        blobs = new Set(entries.map(({ sha256 }) => sha256));
        this.#blobs.set(manifest, blobs);
      }
      if (blobs.has(blob)) return true;
    }
    return false;
  }

  async #read(namespace: string, gateway: string): Promise<readonly Digest[]> {
    const text = await readFile(this.#file(namespace, gateway), 'utf8').catch(() => '');
    const granted = parseGrant(text);
    this.#byGateway.set(`${namespace}/${gateway}`, granted);
    return granted;
  }

  #file(namespace: string, gateway: string): string {
    return join(this.#store.folder, 'pins', 'gateways', fileName(namespace), fileName(gateway));
  }
}

/** A damaged grant grants nothing; the next plan writes it again. */
function parseGrant(text: string): Digest[] {
  try {
    const grant: unknown = JSON.parse(text);
    if (grant === null || typeof grant !== 'object' || !('manifests' in grant) || !Array.isArray(grant.manifests)) return [];
    return grant.manifests.filter((digest: unknown): digest is Digest => typeof digest === 'string' && isDigest(digest));
  } catch {
    return [];
  }
}

function fileName(text: string): string {
  return `_${encodeURIComponent(text)}`;
}
