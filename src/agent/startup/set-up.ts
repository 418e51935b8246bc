import type { Layout } from '../layout.ts';
import type { VolumeFs } from '../volume-fs.ts';

/** What is on a volume before a gateway's image or its chart has put anything there. */
const NOBODYS = 'lost+found';

/** Whether nobody has seeded the volume yet. Nothing of ours may lie there then: an image seeds only a volume that is empty. */
export function isUnseeded({ volume, own }: Layout): boolean {
  return volume.list('').every(({ name }) => name === own || name === NOBODYS);
}

/**
 * Whether the gateway of this volume has been through its first-time setup, as far as we know: we have made something live there, which nobody
 * does before. No file of the gateway itself tells that for certain, so one that is new to us starts before its first sync.
 */
export function isSetUp(layout: Layout): boolean {
  return kindAt(layout.volume, layout.state) === 'file';
}

/** Whether a change was interrupted in the middle, as far as can be told: what cannot be read may be torn. */
export function isTorn({ volume, journal }: Layout): boolean {
  return !['absent', 'blocked'].includes(kindAt(volume, journal) ?? '');
}

function kindAt(volume: VolumeFs, path: string): string | undefined {
  try {
    return volume.look(path).kind;
  } catch {
    return undefined;
  }
}
