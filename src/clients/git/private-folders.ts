import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { SyncError } from '../../domain/errors.ts';
import type { Remote } from './remote.ts';

/** What git tries after a path that is no repository by itself. */
const SUFFIXES = ['', '.git', '/.git', '.git/.git'];

/**
 * Keeps `file://` repositories out of this installation's own folders: the mirrors there hold what other credentials may read.
 * @param folders none of which may hold the repository, or lie in it
 * @throws SyncError InvalidSpec
 */
export async function refusePrivate({ transport, url }: Remote, folders: readonly string[]): Promise<void> {
  if (transport !== 'file') return;
  const path = pathOf(url);
  const places = await Promise.all(SUFFIXES.map((suffix) => realOf(`${path}${suffix}`)));
  const own = await Promise.all(folders.map(realOf));
  for (const place of places)
    if (place !== undefined && own.some((folder) => folder !== undefined && (isIn(place, folder) || isIn(folder, place))))
      throw new SyncError('InvalidSpec', "spec.git.repo leads into this installation's own folders: name a repository elsewhere.");
}

/** As git reads it: percent signs decoded, and a host taken for the first folder. A bundle comes as its path. */
function pathOf(url: string): string {
  try {
    return url.startsWith('file://') ? `/${decodeURIComponent(url.slice('file://'.length))}` : url;
  } catch (error) {
    throw new SyncError('InvalidSpec', 'spec.git.repo has a percent sign that begins no character: write it as %25.', { cause: error });
  }
}

/** Undefined for what is not there, which git cannot read either. */
async function realOf(path: string): Promise<string | undefined> {
  return await realpath(path).catch(() => undefined);
}

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}
