import { join } from 'node:path';
import { z } from 'zod';
import { SyncError } from '../domain/errors.ts';
import { NO_MANIFEST, type Digest, type ManifestLines } from '../domain/manifest.ts';
import { contentsThatLeave, guardMirror } from '../domain/plan/guard-rails.ts';
import { listSome } from '../domain/plan/text.ts';
import type { FileState } from './change.ts';
import type { Layout } from './layout.ts';
import { makeFolders, writeDurably } from './durable.ts';
import { readText } from './hash.ts';
import type { Survey } from './survey.ts';

/** Files named in an answer. */
const NAMED = 5;

/**
 * Deletes nothing that was not listed before: staging writes down what is foreign, and an apply keeps to that. What appeared since stays,
 * until a later sync lists it.
 */
export async function listOrKeepToList(
  layout: Layout,
  target: Digest,
  purpose: 'stage' | 'apply',
  found: readonly string[],
): Promise<readonly string[]> {
  const place = join(layout.stagingFor(target), 'foreign.json');
  const listed = purpose === 'apply' ? readList(layout, place) : undefined;
  if (listed) return found.filter((path) => listed.has(path));
  makeFolders(layout.volume, layout.stagingFor(target));
  await writeDurably(layout.volume, place, JSON.stringify(found));
  return found;
}

function readList({ volume }: Layout, place: string): ReadonlySet<string> | undefined {
  const text = readText(volume, place);
  return text === undefined ? undefined : new Set(z.array(z.string()).parse(JSON.parse(text)));
}

/**
 * Holds a sync that would take most of a gateway's files away because their folders are mirrored, until a person confirms it.
 * @throws SyncError TooManyDeletes
 */
export function guardLoss(live: ManifestLines, liveDigest: Digest, { changes, adopted, foreign }: Survey): void {
  if (foreign.length === 0) return;
  const strangers = new Set(foreign);
  const added: FileState[] = [];
  const deleted: FileState[] = [];
  let replaced = 0;
  for (const { path, before, after } of changes) {
    if (after && !before) added.push(after);
    else if (before && !after) deleted.push(before);
    if (before && !strangers.has(path)) replaced += 1;
  }
  // Before the first apply nothing is ours: what the plan takes over counts instead.
  const owned = liveDigest === NO_MANIFEST ? adopted + replaced : live.count();
  const fault = guardMirror({ owned, foreign: foreign.length, leaving: contentsThatLeave(deleted, added).length });
  if (fault) throw new SyncError(fault.reason, `${fault.message} Not ours: ${listSome([...foreign], NAMED)}.`);
}
