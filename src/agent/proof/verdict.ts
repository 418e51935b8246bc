import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IgnitionClient } from '../../clients/ignition/client.ts';
import type { ChangedFile } from '../../domain/proof/claims.ts';

/**
 * What the gateway shows of one claim. `wrong`: it does not run what was written, which may still change for a moment. `doubt`: it cannot be
 * told. Both in words.
 */
export type Verdict = { readonly is: 'proved' } | { readonly is: 'wrong' | 'doubt'; readonly why: string };

export const PROVED: Verdict = { is: 'proved' };

export function wrong(why: string): Verdict {
  return { is: 'wrong', why };
}

export function doubt(why: string): Verdict {
  return { is: 'doubt', why };
}

/** What proving needs. */
export interface ProvingWith {
  readonly client: IgnitionClient;
  readonly dataDir: string;
  /** A folder of our own for what the gateway sends; its files are removed after use. */
  readonly scratch: string;
  readonly signal: AbortSignal;
}

const EMPTY = createHash('sha256').digest('hex');

/** Compares what the gateway serves of a file with what was written: the same, what was there before, nothing, or something else. */
export function compareServed(served: string | undefined, { before, after }: ChangedFile, name: string): Verdict {
  if (served === after) return PROVED;
  if (served === undefined) return wrong(`it does not serve ${name}`);
  if (served === before) return wrong(`it still serves ${name} as it was before`);
  if (served === EMPTY)
    return wrong(
      `it serves ${name} as an empty file, having read it at a bad moment: give the resource another name, or restart the gateway`,
    );
  return doubt(`the gateway serves ${name} with other content than was written`);
}

/** The first verdict that is none of proved, a wrong one before a doubt. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  return verdicts.find(({ is }) => is === 'wrong') ?? verdicts.find(({ is }) => is === 'doubt') ?? PROVED;
}

/** A JSON file of the data directory; undefined when it is not there or no JSON. */
export function readJson(dataDir: string, path: string): unknown {
  try {
    return JSON.parse(readFileSync(join(dataDir, path), 'utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** Whether a payload belongs to its resource: others are passed over by the gateway. */
export function isListed(dataDir: string, dir: string, name: string): boolean {
  for (const manifest of ['resource.json', 'unary-resource.json']) {
    if (name === manifest) return true;
    const value = readJson(dataDir, `${dir}/${manifest}`);
    if (typeof value === 'object' && value !== null && 'files' in value && Array.isArray(value.files)) return value.files.includes(name);
  }
  return false;
}
