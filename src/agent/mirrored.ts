import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SyncError } from '../domain/errors.ts';
import { NO_MANIFEST, type Digest, type ManifestText } from '../domain/manifest.ts';
import { contentsThatLeave, guardMirror } from '../domain/plan/guard-rails.ts';
import { listSome } from '../domain/plan/text.ts';
import type { Layout } from './layout.ts';
import { writeDurably } from './durable.ts';
import type { Survey } from './survey.ts';
import { errnoOf } from './volume-error.ts';

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
  const listed = purpose === 'apply' ? await readList(place) : undefined;
  if (listed) return found.filter((path) => listed.has(path));
  mkdirSync(layout.stagingFor(target), { recursive: true });
  await writeDurably(place, JSON.stringify(found));
  return found;
}

async function readList(place: string): Promise<ReadonlySet<string> | undefined> {
  try {
    return new Set(z.array(z.string()).parse(JSON.parse(await readFile(place, 'utf8'))));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Holds a sync that would take most of a gateway's files away because their folders are mirrored, until a person confirms it.
 * @throws SyncError TooManyDeletes
 */
export function guardLoss(live: ManifestText, liveDigest: Digest, { changes, adopted, foreign }: Survey): void {
  const strangers = new Set(foreign);
  const added = changes.flatMap(({ before, after }) => (after && !before ? [after] : []));
  const deleted = changes.flatMap(({ before, after }) => (before && !after ? [before] : []));
  // Before the first apply nothing is ours: what the plan takes over counts instead.
  const owned =
    liveDigest === NO_MANIFEST ? adopted + changes.filter(({ path, before }) => before && !strangers.has(path)).length : live.count();
  const fault = guardMirror({ owned, foreign: foreign.length, leaving: contentsThatLeave(deleted, added).length });
  if (fault) throw new SyncError(fault.reason, `${fault.message} Not ours: ${listSome([...foreign], NAMED)}.`);
}
