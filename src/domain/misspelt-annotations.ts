import { ANNOTATION_PREFIX, NOT_YET_ANNOTATIONS, POD_ANNOTATIONS } from '../api/v1alpha1/pod-annotations.ts';

const KNOWN = [...Object.values(POD_ANNOTATIONS), ...Object.keys(NOT_YET_ANNOTATIONS)];

/** More letters than this apart is another word, not a slip. */
const MOST_SLIPS = 3;

/**
 * Sentences about annotations with our prefix that look like a slip of one that exists; at most five. Others are a user's own: templates may
 * take any.
 */
export function misspeltAnnotations(keys: readonly string[]): string[] {
  const strangers = keys.filter((key) => key.startsWith(`${ANNOTATION_PREFIX}/`) && !KNOWN.includes(key));
  return strangers
    .flatMap((key) => {
      const near = KNOWN.map((known) => ({ known, slips: distance(key, known) })).sort((a, b) => a.slips - b.slips)[0];
      if (!near || near.slips > MOST_SLIPS) return [];
      return [`annotation ${key} has no effect, but in templates: is ${near.known} meant?`];
    })
    .slice(0, 5);
}

/** Letters to be added, removed or changed to make one text the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length] ?? 0;
}
