import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { StackError } from '../failure.ts';
import { cacheDir, pinnedVersion } from './pins.ts';
import { binaryVariable, type ServerBinary } from './servers.ts';

const run = promisify(execFile);

/** A server that is on this machine already, and where it was found. */
export interface FoundBinary {
  readonly path: string;
  readonly from: 'environment' | 'PATH' | 'cache';
}

/**
 * Looks for a server: the path in the environment, else PATH if the version fits, else the cache.
 * @throws StackError when the environment names a file that cannot be run.
 */
export async function findBinary(server: ServerBinary, env: NodeJS.ProcessEnv): Promise<FoundBinary | undefined> {
  const variable = binaryVariable(server.name);
  const explicit = env[variable];
  if (explicit) {
    const path = resolve(explicit);
    if (!isExecutable(path))
      throw new StackError(`${variable}=${explicit} is not an executable file: correct the path or unset ${variable}.`);
    return { path, from: 'environment' };
  }
  for (const dir of (env.PATH ?? '').split(delimiter).filter(Boolean)) {
    const path = join(dir, server.name);
    if (isExecutable(path) && fitsPin(pinnedVersion(server), await versionOf(path, server))) return { path, from: 'PATH' };
  }
  const cached = join(cacheDir(server.family, env), server.name);
  return isExecutable(cached) ? { path: cached, from: 'cache' } : undefined;
}

/** Whether a version found on the machine may stand in for the pinned one: same major and minor, at least its patch. */
export function fitsPin(pinned: string, found: string | undefined): boolean {
  const [want, have] = [numbers(pinned), numbers(found ?? '')];
  if (!want || !have) return false;
  return want[0] === have[0] && want[1] === have[1] && have[2] >= want[2];
}

function numbers(version: string): [number, number, number] | undefined {
  const match = /^v?(\d+)\.(\d+)\.(\d+)$/.exec(version);
  return match ? [Number(match[1]), Number(match[2]), Number(match[3])] : undefined;
}

/** The first version number that a server prints about itself. */
export function printedVersion(output: string): string | undefined {
  return /\bv?(\d+\.\d+\.\d+)(?![\w.-])/.exec(output)?.[1];
}

async function versionOf(path: string, server: ServerBinary): Promise<string | undefined> {
  try {
    const { stdout } = await run(path, server.versionArgs, { timeout: 5_000, env: { PATH: process.env.PATH, HOME: '/nonexistent' } });
    return printedVersion(stdout);
  } catch {
    return undefined;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
