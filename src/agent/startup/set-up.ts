import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { OWN_FOLDER } from '../../domain/plan/protection.ts';
import { errnoOf } from '../volume-error.ts';

/** What is on a volume before a gateway's image or its chart has put anything there. */
const NOBODYS = new Set([OWN_FOLDER, 'lost+found']);

/** Whether nobody has seeded the volume yet. Nothing of ours may lie there then: an image seeds only a volume that is empty. */
export function isUnseeded(dataDir: string): boolean {
  try {
    return readdirSync(dataDir).every((name) => NOBODYS.has(name));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return true;
    throw error;
  }
}

/**
 * Whether the gateway of this volume has been through its first-time setup, as far as we know: we have made something live there, which nobody
 * does before. No file of the gateway itself tells that for certain, so one that is new to us starts before its first sync.
 */
export function isSetUp(dataDir: string): boolean {
  try {
    const stat = lstatSync(join(dataDir, OWN_FOLDER, 'state.json'));
    return stat.isFile() && stat.size > 0;
  } catch {
    return false;
  }
}

/** Whether a change was interrupted in the middle, as far as can be told: what cannot be read may be torn. */
export function isTorn(dataDir: string): boolean {
  try {
    lstatSync(join(dataDir, OWN_FOLDER, 'journal.json'));
    return true;
  } catch (error) {
    return !['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '');
  }
}
