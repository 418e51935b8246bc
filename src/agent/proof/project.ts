import { randomUUID } from 'node:crypto';
import { join, posix } from 'node:path';
import type { ProjectClaim } from '../../domain/proof/claims.ts';
import { PROVED, compareServed, doubt, isFile, isListed, wrong, worst, type ProvingWith, type Verdict } from './verdict.ts';
import { removeAll } from '../durable.ts';
import type { VolumeFs } from '../volume-fs.ts';
import { ZipFile } from './zip.ts';

/** Bytes of a project's export that are looked at. */
const MAX_EXPORT = 256 * 1024 * 1024;

/** Compares the changed files of a project with the gateway's export of it, byte by byte. */
export async function proveProject(make: ProvingWith, { project, files }: ProjectClaim): Promise<Verdict> {
  const { client, volume, scratch, signal } = make;
  const root = `projects/${project}`;
  if (!isFile(volume, `${root}/project.json`)) {
    const listed = (await client.projectNames(signal)).some((name) => name.toLowerCase() === project.toLowerCase());
    return listed ? doubt(`the gateway still lists the project ${project}, which is gone`) : PROVED;
  }
  const archive = join(scratch, randomUUID());
  try {
    const got = await client.exportProject(project, join(volume.root, archive), MAX_EXPORT, signal);
    if (got === 'absent') return doubt(`the gateway does not show the project ${project}`);
    if (got === 'tooLarge') return doubt(`the project ${project} is too large to be compared`);
    await using zip = await ZipFile.open(join(volume.root, archive));
    const verdicts: Verdict[] = [];
    for (const file of files) {
      signal.throwIfAborted();
      const path = `${root}/${file.name}`;
      if (file.after === undefined) {
        if (zip.has(file.name) && !isFile(volume, path)) verdicts.push(wrong(`it still serves ${path}, which is gone`));
        continue;
      }
      const served = await zip.digest(file.name);
      const passedOver = served === undefined && file.name !== 'project.json' && !belongs(volume, path);
      if (!passedOver) verdicts.push(compareServed(served, file, path));
    }
    return worst(verdicts);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error && error.name === 'SyncError') throw error;
    return doubt(
      `the gateway's export of the project ${project} cannot be read (${error instanceof Error ? error.message : String(error)})`,
    );
  } finally {
    await removeAll(volume, archive);
  }
}

/** Whether a file is a manifest, or listed by the manifest of the folder that it lies in or below. */
function belongs(volume: VolumeFs, path: string): boolean {
  for (let dir = posix.dirname(path); dir.split('/').length >= 4; dir = posix.dirname(dir))
    if (isListed(volume, dir, path.slice(dir.length + 1))) return true;
  return false;
}
