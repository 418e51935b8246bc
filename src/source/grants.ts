import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../domain/manifest.ts';
import { NO_MANIFEST } from '../domain/manifest.ts';
import type { ContentStore } from './content-store.ts';
import { isDigest } from './digest.ts';
import type { Fleet } from './fleet.ts';
import { fileName, filesOf, nameOf, renewFile, replaceFile } from './pin-file.ts';
import { RecentMap } from './recent-map.ts';

/** Manifests of one gateway that stay readable; what is live is granted anew with each plan, so it is always among them. */
const KEPT_MANIFESTS = 5;

/** Manifests whose blobs are known without reading them again. */
const CACHED_MANIFESTS = 64;

/** How long the content of a gateway that is gone stays, milliseconds: it may only be switched off. */
const GONE_MS = 30 * 24 * 60 * 60_000;

/**
 * Which gateway may read which content: the manifests that were planned for it, and the blobs that those name. A grant is a file, one
 * per gateway, so it holds across restarts and for a relay in another process; what it names is pinned. A gateway is put back from its
 * own snapshots and needs nothing of here for that.
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
    const staging = join(this.#store.folder, 'staging');
    await replaceFile(this.#file(namespace, gateway), staging, JSON.stringify({ manifests: granted }));
    this.#byGateway.set(`${namespace}/${gateway}`, granted);
  }

  async mayReadManifest(namespace: string, gateway: string, manifest: Digest): Promise<boolean> {
    if (this.#byGateway.get(`${namespace}/${gateway}`)?.includes(manifest)) return true;
    const now = async (): Promise<boolean> => (await this.#read(namespace, gateway)).includes(manifest);
    return (await now()) || ((await this.#store.losses.untilWhole()) && (await now()));
  }

  async mayReadBlob(namespace: string, gateway: string, blob: Digest): Promise<boolean> {
    const known = this.#byGateway.get(`${namespace}/${gateway}`) ?? [];
    if (await this.#anyNames(known, blob)) return true;
    const now = async (): Promise<boolean> => await this.#anyNames(await this.#read(namespace, gateway), blob);
    return (await now()) || ((await this.#store.losses.untilWhole()) && (await now()));
  }

  /** Every manifest that some gateway may read. */
  async list(): Promise<Set<Digest>> {
    const all = new Set<Digest>();
    for (const namespace of await readdir(this.#folder).catch(() => []))
      for (const { path } of await filesOf(join(this.#folder, namespace), new Date(0)))
        for (const digest of parseGrant(await readFile(path, 'utf8').catch(() => ''))) all.add(digest);
    return all;
  }

  /** Drops what gateways may read that have been gone for long. */
  async settle({ gateways }: Pick<Fleet, 'gateways'>, now: Date): Promise<void> {
    for (const namespace of await readdir(this.#folder).catch(() => []))
      for (const { path, name, ageMs } of await filesOf(join(this.#folder, namespace), now)) {
        if (gateways.has(`${nameOf(namespace)}/${nameOf(name)}`)) await renewFile(path, now);
        else if (ageMs > GONE_MS) await rm(path, { force: true });
      }
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

  get #folder(): string {
    return join(this.#store.folder, 'pins', 'gateways');
  }

  #file(namespace: string, gateway: string): string {
    return join(this.#folder, fileName(namespace), fileName(gateway));
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
