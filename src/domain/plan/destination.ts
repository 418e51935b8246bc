import { moduleFault } from './modules.ts';
import { isAtOrBelow, type CleanPath } from './paths.ts';
import { classify, type Protection } from './protection.ts';

const ALLOWED = 'Allowed are projects, config/resources/<collection> and single files at the data root';

/**
 * Whether a mapping may name this destination. Folders above protected places (`.`, `config`, `projects`) may be named: what they
 * bring is narrowed file by file.
 * @param type what the source is, where that is known.
 * @returns what is wrong, as the end of a sentence.
 */
export function destinationFault(destination: CleanPath, type: 'file' | 'directory' | undefined): string | undefined {
  const { path } = destination;
  const module = moduleFault(path);
  if (module !== undefined) return module;
  const moved = /^config\/tags(?:\/([^/]+))?(?:\/|$)/.exec(path);
  if (moved) {
    const provider = moved[1] ?? '<provider>';
    return `does not exist in Ignition 8.3: UDT definitions live in config/resources/core/ignition/tag-type-definition/${provider}, tags in config/resources/core/ignition/tag-definition/${provider}`;
  }
  const asFile = destination.directory ? undefined : classify(path);
  const asFolder = classify(path === '' ? 'projects/x' : `${path}/x`);
  const folderAbove = ['', 'projects', 'config', 'config/resources'].includes(path);
  const fileOk = type !== 'directory' && asFile !== undefined && isWritable(asFile);
  const folderOk = (type !== 'file' || destination.directory) && (folderAbove || isWritable(asFolder));
  if (fileOk || folderOk) return undefined;
  const blame = type === 'file' && asFile ? asFile : asFolder;
  if (blame.kind === 'git-internal') return 'has a component .git: git keeps its own data under that name';
  const place = blame.kind === 'forbidden' ? blame.place : path;
  return `lies in ${place}, which is never written: it is not a place for synced files, or belongs to the gateway itself. ${ALLOWED}`;
}

function isWritable(protection: Protection): boolean {
  return protection.kind !== 'forbidden' && protection.kind !== 'git-internal';
}

/** Whether a mapping onto `destination` names the resource itself, and thereby takes what is left out by default. */
export function namesResource(destination: string, resource: string): boolean {
  return isAtOrBelow(destination, resource);
}
