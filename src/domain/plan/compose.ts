import { SyncError } from '../errors.ts';
import type { Mirror } from '../manifest.ts';
import type { Edit } from '../render/edits.ts';
import { refuseCollisions } from './collisions.ts';
import { ComposedTree, type PlannedFile } from './composed.ts';
import { refuseUnsupported } from './content-rules.ts';
import { destinationFault, namesResource } from './destination.ts';
import { placesOf } from './each-project.ts';
import { fallbackNotes, missingManifests, type Fallback } from './fallback.ts';
import { LeftOut, type LeftOutClass } from './left-out.ts';
import { CORE, type Layout, type LayoutMapping } from './mapping.ts';
import { baseName, joinPath } from './paths.ts';
import { compileExcludes } from './patterns.ts';
import { mirrorOf } from './mirror.ts';
import { nothingComes, orRather } from './nothing.ts';
import { orphanWarnings } from './orphans.ts';
import { moduleSourceFault } from './modules.ts';
import { classify, isGatewaysOwn } from './protection.ts';
import type { TemplateValues } from './template.ts';
import { withEdits } from './with-edits.ts';
import { count, listSome } from './text.ts';
import { findSource, nearestFolder, type Found, type TreeEntry } from './tree.ts';

/** What one mapping brought: how guard rails know an empty source from a deleted file. */
export interface MappingOutcome {
  readonly field: string;
  readonly destination: string;
  /** Files that it placed, also those that a later mapping replaced. */
  readonly brought: number;
  /** The commit does not have the source of this mapping, which is not required. */
  readonly absent: boolean;
}

export interface GatewayPlan {
  readonly files: readonly PlannedFile[];
  /** Made only where the gateway has none. */
  readonly fallbacks: readonly Fallback[];
  readonly mappings: readonly MappingOutcome[];
  /** Folders that shall hold nothing else; absent when there are none. */
  readonly mirror?: Mirror;
  /** What variables in file contents stand for. */
  readonly values: TemplateValues;
  /** What was left out and skipped, in sentences with counts. */
  readonly notes: readonly string[];
  /** What the author of commit and profile should look at. */
  readonly warnings: readonly string[];
  /** Why no file of the commit comes to the gateway, and what would mend that; absent where one does. */
  readonly nothing?: string;
  /** Whether a path that was ours and is in no mapping any more stays on the gateway: newly excluded, or the gateway's own again. */
  readonly releases: (path: string) => boolean;
}

/**
 * Works out the exact files of one gateway from a commit's listing. Depends on nothing but its arguments, and not on the order of `tree`.
 * @throws SyncError SourceNotFound, InvalidProfile, PathNotAllowed, InvalidPattern, UnsupportedContent or NameCollision.
 */
export function compose(tree: readonly TreeEntry[], layout: Layout): GatewayPlan {
  const composed = new ComposedTree();
  const leftOut = new LeftOut();
  const isExcluded = compileExcludes(layout.excludes);
  const notes: string[] = [];
  const idle: string[] = [];
  const mirrored: string[] = [];

  let found = 0;
  const lay = (source: Located, mapping: LayoutMapping): MappingOutcome => {
    let brought = 0;
    let meant = 0;
    for (const { entry, path } of landings(source.found, source.path, mapping)) {
      const reason = isExcluded(path)
        ? { reason: 'excluded' as const, place: path }
        : reasonToLeaveOut(path, mapping, source.found.kind === 'file', layout.normalize.systemName !== undefined);
      if (reason) {
        if (reason.reason === 'excluded' || reason.reason === 'overlay-manifest') meant += 1;
        leftOut.add(path, reason.reason, reason.place);
        continue;
      }
      refuseUnsupported(entry, path, mapping.field);
      leftOut.taken(path);
      const edits: Edit[] | undefined = mapping.template ? [{ kind: 'template', field: `${mapping.field}.template` }] : undefined;
      composed.place({ path, oid: entry.oid, executable: entry.mode === '100755', ...(edits && { edits }) }, mapping);
      brought += 1;
    }
    if (source.found.kind !== 'absent' && mapping.required && brought + meant === 0)
      idle.push(`${mapping.field} brings no file: all that "${source.path === '' ? '.' : source.path}" has is left out.`);
    if (mapping.mirror && source.found.kind !== 'absent') {
      if (source.found.kind === 'file')
        throw new SyncError(
          'InvalidProfile',
          `${mapping.field}: "${source.path}" is a file, and only a directory can be mirrored: leave mirror out.`,
        );
      // Nothing has no image: an empty source never empties a folder of what is not ours.
      if (brought > 0) mirrored.push(mapping.destination.path);
      else notes.push(`${mapping.field}: brings no file, so "${mapping.destination.path}" is not mirrored.`);
    }
    return { field: mapping.field, destination: mapping.destination.path, brought, absent: source.found.kind === 'absent' };
  };
  const mappings = layout.mappings.flatMap((mapping) => {
    const source = locate(tree, mapping);
    const places = placesOf(mapping, () => composed.files());
    if (source.found.kind === 'absent') notes.push(`${mapping.field}: skipped, the commit has no ${source.names}.`);
    else if (places.length === 0) notes.push(`${mapping.field}: skipped, this gateway gets no such project.`);
    if (source.found.kind !== 'absent' && !mapping.shared) found += 1;
    return places.map((place) => lay(source, place));
  });
  if (layout.atLeastOne !== undefined && found === 0) {
    throw new SyncError(
      'SourceNotFound',
      `${layout.atLeastOne}: the commit has neither projects nor config/resources/core below it. ${describeNearest(tree, layout.mappings[0]?.sources[0]?.path ?? '')}${orRather(tree)}`,
    );
  }
  const files = withEdits(composed.files(), layout, notes);
  const fallbacks = missingManifests(files, mappings, isExcluded);
  refuseCollisions([...files, ...fallbacks].map((file) => file.path));
  const mirror = mirrorOf(
    mirrored,
    layout.excludes.map(({ pattern }) => pattern),
  );
  if (mirror)
    notes.push(
      `mirrored: ${listSome(mirror.folders, 5)}. Files in there that no mapping brings are deleted; each gateway lists its own when it is staged.`,
    );
  return {
    files,
    fallbacks,
    mappings,
    ...(mirror && { mirror }),
    values: new Map(Object.entries(layout.values)),
    notes: [...notes, ...leftOut.notes(), ...fallbackNotes(fallbacks, files)],
    ...(files.length === 0 && { nothing: nothingComes(tree, layout.mappings) }),
    warnings: [...layout.warnings, ...idle, ...composed.warnings(), ...orphanWarnings(files, mappings)],
    releases: (path) => isExcluded(path) || isGatewaysOwn(path),
  };
}

/** What a mapping's source is in the commit. */
interface Located {
  readonly found: Found;
  readonly path: string;
  /** Where it was looked for, for messages. */
  readonly names: string;
}

function locate(tree: readonly TreeEntry[], mapping: LayoutMapping): Located {
  const names = mapping.sources.map((source) => source.path).join(' or ');
  for (const source of mapping.sources) {
    const fault = moduleSourceFault(source.path);
    if (fault !== undefined) throw new SyncError('PathNotAllowed', `${mapping.field}.source "${source.path}" ${fault}.`);
    const found = findSource(tree, source.path);
    if (found.kind === 'absent') continue;
    if (found.kind === 'through' || (found.kind === 'file' && found.entry.mode !== '100644' && found.entry.mode !== '100755')) {
      const what =
        found.entry.mode === '120000' ? 'a symbolic link, which is never followed' : 'a submodule, whose content is not in this repository';
      const where = found.kind === 'file' ? 'is' : `leads through "${found.entry.path}",`;
      throw new SyncError('UnsupportedContent', `${mapping.field}.source "${source.path}" ${where} ${what}: name the files' real place.`);
    }
    const wanted = source.directory ? 'directory' : mapping.type;
    if (wanted !== undefined && wanted !== found.kind) {
      throw new SyncError(
        'InvalidProfile',
        `${mapping.field}.source "${source.path}" is a ${found.kind} in this commit, but the mapping says ${wanted}: correct type or source.`,
      );
    }
    return { found, path: source.path, names };
  }
  if (!mapping.required) return { found: { kind: 'absent' }, path: '', names };
  throw new SyncError(
    'SourceNotFound',
    `${mapping.field}.source: the commit has no ${names}. ${describeNearest(tree, mapping.sources[0]?.path ?? '')} Correct the path, or set required: false.`,
  );
}

function describeNearest(tree: readonly TreeEntry[], path: string): string {
  const { folder, names } = nearestFolder(tree, path);
  if (names.length === 0) return 'The commit is empty.';
  return `${folder === '' ? 'Its root' : folder} has ${count(names.length, 'entry').replace('entrys', 'entries')}: ${listSome(names, 8)}.`;
}

function landings(found: Found, source: string, mapping: LayoutMapping): { entry: TreeEntry; path: string }[] {
  const { path: destination, directory } = mapping.destination;
  if (found.kind === 'file') {
    const path = directory ? joinPath(destination, baseName(source)) : destination;
    const fault = destinationFault({ path, directory: false }, 'file');
    if (fault !== undefined) throw new SyncError('PathNotAllowed', `${mapping.field}.destination "${path}" ${fault}.`);
    return [{ entry: found.entry, path }];
  }
  if (found.kind !== 'directory') return [];
  const fault = destinationFault(mapping.destination, 'directory');
  if (fault !== undefined) throw new SyncError('PathNotAllowed', `${mapping.field}.destination "${destination}" ${fault}.`);
  const skip = source === '' ? 0 : source.length + 1;
  // Where nothing is moved the listing's own text serves: of many files a second one is much.
  if (destination === source) return found.entries.map((entry) => ({ entry, path: entry.path }));
  return found.entries.map((entry) => ({ entry, path: joinPath(destination, entry.path.slice(skip)) }));
}

function reasonToLeaveOut(
  path: string,
  mapping: LayoutMapping,
  single: boolean,
  named: boolean,
): { reason: LeftOutClass; place: string } | undefined {
  if (mapping.overlay && path === `${CORE}/config-mode.json`) return { reason: 'overlay-manifest', place: mapping.sources[0]?.path ?? '' };
  const protection = classify(path);
  switch (protection.kind) {
    case 'allowed':
    case 'git-internal':
      return undefined;
    case 'root-file':
      return single ? undefined : { reason: 'not-synced', place: path };
    case 'forbidden':
      return { reason: 'not-synced', place: protection.place };
    case 'report':
      return { reason: 'report', place: path };
    case 'per-gateway':
      return named ? undefined : { reason: 'per-gateway', place: protection.resource };
    case 'runtime-owned':
    case 'managed-provider':
      return namesResource(single ? path : mapping.destination.path, protection.resource)
        ? undefined
        : { reason: protection.kind, place: protection.resource };
  }
}
