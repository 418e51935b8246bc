import type { Digest } from '../domain/manifest.ts';
import { manifestKey, type ContentStore } from './content-store.ts';
import type { Fleet } from './fleet.ts';
import type { Grants } from './grants.ts';
import type { RolloutPins } from './rollout-pins.ts';

/** What some gateway or rollout needs of the store. */
export interface Needed {
  readonly documents: ReadonlySet<Digest>;
  readonly manifests: ReadonlySet<Digest>;
  readonly blobs: ReadonlySet<Digest>;
}

/**
 * Follows every pin: documents and manifests of rollouts, manifests of gateways, the blobs that those name. Memory grows with the number
 * of different blobs, not with the number of manifests.
 * @throws when a pinned manifest is there and cannot be read: then nothing may be swept
 */
export async function findNeeded(
  store: ContentStore,
  grants: Pick<Grants, 'list'>,
  pins: Pick<RolloutPins, 'list'>,
  { gateways }: Pick<Fleet, 'gateways'>,
): Promise<Needed> {
  const documents = new Set<Digest>();
  const manifests = await grants.list();
  for (const pin of await pins.list()) {
    for (const digest of [pin.desired, ...(pin.plan === undefined ? [] : [pin.plan])]) documents.add(digest);
    for (const digest of pin.manifests) manifests.add(digest);
  }
  for (const digests of gateways.values()) for (const digest of digests) manifests.add(digest);
  const blobs = new Set<Digest>();
  for (const digest of manifests) addBlobs(await readBytes(store, digest), blobs);
  return { documents, manifests, blobs };
}

/** A manifest that is lost names nothing that anybody could ask for; when it is made again, so is what it names. */
async function readBytes(store: ContentStore, digest: Digest): Promise<Buffer> {
  const key = manifestKey(digest);
  const read = async (): Promise<Buffer> => (await store.objects.read(key)) ?? Buffer.alloc(0);
  const bytes = await read();
  return bytes.length === 0 && (await store.swept.bringBack(key)) ? await read() : bytes;
}

const [NEWLINE, QUOTE] = [10, 34];

/** Taken out of the bytes one by one, as text of their own: a piece of a larger text would keep the whole of that in memory. */
function addBlobs(bytes: Buffer, blobs: Set<Digest>): void {
  for (let at = bytes.indexOf(NEWLINE) + 1; at < bytes.length;) {
    const end = bytes.indexOf(NEWLINE, at);
    if (end < 0) return;
    const quote = bytes.subarray(at, end).lastIndexOf(QUOTE) + at; // what follows the digest are numbers
    blobs.add(bytes.toString('latin1', quote - 64, quote));
    at = end + 1;
  }
}
