import { SyncError } from '../domain/errors.ts';
import type { Digest } from '../domain/manifest.ts';
import { NO_MANIFEST } from '../domain/manifest.ts';
import type { ContentStore } from './content-store.ts';
import { isDigest } from './digest.ts';
import type { Fleet } from './fleet.ts';
import { DigestSet } from './digest-set.ts';
import { fileName, nameOf } from './pin-file.ts';
import { RecentMap } from './recent-map.ts';

/** Manifests of one gateway that stay readable; what is live is granted anew with each plan, so it is always among them. */
const KEPT_MANIFESTS = 5;

/** What manifests name is known without reading them again, up to so many digests together: 64 MB. */
const CACHED_DIGESTS = 2_000_000;

const GATEWAYS = 'pins/gateways/';

/** How long the content of a gateway that is gone stays, milliseconds: it may only be switched off. */
const GONE_MS = 30 * 24 * 60 * 60_000;

/**
 * Which gateway may read which content: the manifests that were planned for it, and the blobs that those name. A grant is an object, one
 * per gateway, so it holds across restarts and for a relay in another process; what it names is pinned. A gateway is put back from its
 * own snapshots and needs nothing of here for that.
 */
export class Grants {
  readonly #store: ContentStore;
  readonly #byGateway = new Map<string, readonly Digest[]>();
  readonly #blobs = new RecentMap<Digest, DigestSet>(CACHED_DIGESTS, ({ size }) => size + 100);

  /** Manifests that are being read: once, however many agents ask at the same time. */
  readonly #reading = new Map<Digest, Promise<DigestSet | undefined>>();

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
    await this.#store.objects.put(keyOf(namespace, gateway), JSON.stringify({ manifests: granted }));
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
    for await (const { key } of this.#store.objects.list(GATEWAYS)) for (const digest of await this.#granted(key)) all.add(digest);
    return all;
  }

  /** Drops what gateways may read that have been gone for long. */
  async settle({ gateways }: Pick<Fleet, 'gateways'>, now: Date): Promise<void> {
    for await (const { key, at } of this.#store.objects.list(GATEWAYS)) {
      const [namespace = '', name = ''] = key.slice(GATEWAYS.length).split('/');
      if (gateways.has(`${nameOf(namespace)}/${nameOf(name)}`)) await this.#store.objects.renew(key, now);
      else if (now.getTime() - at.getTime() > GONE_MS) await this.#store.objects.remove(key);
    }
  }

  async #anyNames(manifests: readonly Digest[], blob: Digest): Promise<boolean> {
    for (const manifest of manifests) {
      const blobs = this.#blobs.get(manifest) ?? (await this.#named(manifest));
      if (blobs?.has(blob)) return true;
    }
    return false;
  }

  /** What a manifest names; one that is lost names nothing until it is made again. */
  async #named(manifest: Digest): Promise<DigestSet | undefined> {
    const reading = this.#reading.get(manifest) ?? this.#readNamed(manifest).finally(() => this.#reading.delete(manifest));
    this.#reading.set(manifest, reading);
    return await reading;
  }

  async #readNamed(manifest: Digest): Promise<DigestSet | undefined> {
    try {
      const blobs = await DigestSet.ofManifest((await this.#store.openManifest(manifest)).stream as AsyncIterable<Uint8Array>);
      this.#blobs.set(manifest, blobs);
      return blobs;
    } catch (error) {
      if (error instanceof SyncError && error.reason === 'ContentUnavailable') return undefined;
      throw error;
    }
  }

  async #read(namespace: string, gateway: string): Promise<readonly Digest[]> {
    const granted = await this.#granted(keyOf(namespace, gateway));
    this.#byGateway.set(`${namespace}/${gateway}`, granted);
    return granted;
  }

  async #granted(key: string): Promise<readonly Digest[]> {
    return parseGrant((await this.#store.objects.read(key))?.toString() ?? '');
  }
}

function keyOf(namespace: string, gateway: string): string {
  return `${GATEWAYS}${fileName(namespace)}/${fileName(gateway)}`;
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
