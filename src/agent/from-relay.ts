import { MAX_BLOBS_PER_REQUEST } from '../contract/relay.ts';
import { SyncError } from '../domain/errors.ts';
import type { Digest } from '../domain/manifest.ts';
import type { Modes } from './modes.ts';
import type { Blob, RelayClient } from './ports.ts';
import { partAt, receive, receiveRest } from './scratch.ts';
import type { VolumeFs } from './volume-fs.ts';

/** From this size on a file is fetched alone, and in parts where it was cut, bytes. */
const LARGE_BYTES = 4 << 20;

/** Smaller files are asked for together up to so many bytes: a cut then costs little. */
const BATCH_BYTES = 64 << 20;

/** Content that the relay shall send, and a file that it is for. */
export interface Wanted extends Blob {
  readonly path: string;
}

/** Has content received at its place, with its final mode. False when what came has another digest. */
export type Store = (digest: Digest, receiveAt: (place: string, mode: number) => Promise<Digest>) => Promise<boolean>;

/** Where content goes. */
interface Into {
  readonly volume: VolumeFs;
  readonly owner: Modes['owner'];
  readonly store: Store;
  /** Hears of each content that is there. */
  readonly arrived: (size: number) => void;
}

/**
 * Fetches content: small files many at a time, large ones alone and from where they were cut. Whatever the relay sends, no more is
 * written than the manifest says.
 * @throws SyncError ContentUnavailable, RelayUnreachable
 */
export async function fetchFromRelay(relay: RelayClient, wanted: readonly Wanted[], into: Into, signal: AbortSignal): Promise<void> {
  for (const batch of batches(wanted.filter((blob) => !isLarge(blob)))) await fetchBatch(relay, batch, into, signal);
  for (const blob of wanted.filter(isLarge)) {
    const rest = (from: number): AsyncIterable<Uint8Array> => relay.blob(blob, from, signal);
    const { sha256, size } = blob;
    if (!(await into.store(sha256, (place, mode) => receiveRest(into.volume, place, rest, size, mode, into.owner)))) throw damaged(blob);
    into.arrived(size);
  }
}

/** Bytes that are there of a large file that was cut short. */
export function arrivedOf(volume: VolumeFs, place: string, { size }: Pick<Blob, 'size'>): number {
  return isLarge({ size }) ? partAt(volume, place, size) : 0;
}

function isLarge({ size }: Pick<Blob, 'size'>): boolean {
  return size >= LARGE_BYTES;
}

/** As many as one request may ask for. */
function* batches(blobs: readonly Wanted[]): Generator<readonly Wanted[]> {
  let batch: Wanted[] = [];
  let bytes = 0;
  for (const blob of blobs) {
    if (batch.length === MAX_BLOBS_PER_REQUEST || (batch.length > 0 && bytes + blob.size > BATCH_BYTES)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(blob);
    bytes += blob.size;
  }
  if (batch.length > 0) yield batch;
}

/** Cut in the middle, what is left is asked for at once, as long as each time brings something. */
async function fetchBatch(relay: RelayClient, batch: readonly Wanted[], into: Into, signal: AbortSignal): Promise<void> {
  const left = new Map(batch.map((blob) => [blob.sha256, blob]));
  while (left.size > 0) {
    const before = left.size;
    try {
      await fetchFrames(relay, left, into, signal);
    } catch (error) {
      if (left.size === before || !(error instanceof SyncError) || error.reason !== 'RelayUnreachable') throw error;
    }
    const [absent] = left.values();
    if (absent && left.size === before)
      throw new SyncError('ContentUnavailable', `The relay has no content ${absent.sha256}, needed for ${absent.path}.`);
  }
}

async function fetchFrames(relay: RelayClient, left: Map<Digest, Wanted>, into: Into, signal: AbortSignal): Promise<void> {
  for await (const { sha256, size, body } of relay.blobs([...left.keys()], signal)) {
    const blob = left.get(sha256);
    if (!blob) throw new SyncError('ContentUnavailable', `The relay sent content that was not asked for: ${sha256}.`);
    if (size !== blob.size)
      throw new SyncError('ContentUnavailable', `The relay sends ${size} bytes as ${blob.path}, which has ${blob.size}: refused.`);
    if (!(await into.store(sha256, (place, mode) => receive(into.volume, place, body, mode, into.owner)))) throw damaged(blob);
    left.delete(sha256);
    into.arrived(size);
  }
}

function damaged({ sha256, path }: Wanted): SyncError {
  return new SyncError('ContentUnavailable', `Content ${sha256}, for ${path}, arrived damaged: asked for again.`);
}
