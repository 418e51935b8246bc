import { createHash } from 'node:crypto';
import type { IgnitionClient } from '../../clients/ignition/client.ts';
import { readText } from '../hash.ts';
import type { VolumeFs } from '../volume-fs.ts';
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
  readonly volume: VolumeFs;
  /** A folder of our own on it for what the gateway sends; its files are removed after use. */
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
export function readJson(volume: VolumeFs, path: string): unknown {
  try {
    return JSON.parse(readText(volume, path) ?? '') as unknown;
  } catch {
    return undefined;
  }
}

/** Whether a payload belongs to its resource: others are passed over by the gateway. */
export function isListed(volume: VolumeFs, dir: string, name: string): boolean {
  for (const manifest of ['resource.json', 'unary-resource.json']) {
    if (name === manifest) return true;
    const value = readJson(volume, `${dir}/${manifest}`);
    if (typeof value === 'object' && value !== null && 'files' in value && Array.isArray(value.files)) return value.files.includes(name);
  }
  return false;
}

/** Whether a file stands at a path, itself never followed. */
export function isFile(volume: VolumeFs, path: string): boolean {
  return volume.look(path).kind === 'file';
}
