import type { ManifestLines, Mirror } from '../domain/manifest.ts';
import { isAtOrBelow } from '../domain/plan/paths.ts';
import { sparedBy, type Spared } from '../domain/plan/mirror.ts';
import type { FoundFolder } from './change.ts';
import { Conflicts } from './conflicts.ts';
import { asOwnerMismatch } from './owners.ts';
import { errnoOf } from './volume-error.ts';
import type { VolumeFs } from './volume-fs.ts';
import { giveWay } from './yield.ts';

/** Stands in a name for bytes that are no UTF-8. */
const NOT_UTF8 = '\uFFFD';

/** What lies in the mirrored folders of a gateway and in no plan. */
export interface Foreign {
  readonly files: readonly string[];
  /** Folders that hold nothing else, deepest first: without these files they would be empty. */
  readonly folders: readonly FoundFolder[];
  /** Mirrored folders that are none. */
  readonly conflicts: Conflicts;
}

/**
 * Walks the mirrored folders of a manifest, never through a link. Links, special files, names that are not UTF-8, and what is spared are
 * passed over.
 * @param target whose files stay
 */
export async function findForeign(tree: VolumeFs, mirror: Mirror, target: ManifestLines): Promise<Foreign> {
  const walk = new Walk(tree, ownedBelow(target, mirror), sparedBy(mirror));
  const { conflicts } = walk;
  for (const folder of mirror.folders) {
    const standing = tree.look(folder);
    if (standing.kind === 'folder') await walk.folder(folder, standing.stat.mode);
    else if (standing.kind === 'blocked') (standing.by === 'link' ? conflicts.links : conflicts.inTheWay).add(standing.at);
    else if (standing.kind !== 'absent') (standing.kind === 'link' ? conflicts.links : conflicts.inTheWay).add(folder);
  }
  return walk;
}

function ownedBelow(target: ManifestLines, { folders }: Mirror): Set<string> {
  const owned = new Set<string>();
  for (const { path } of target.entries()) if (folders.some((folder) => isAtOrBelow(path, folder))) owned.add(path);
  return owned;
}

class Walk implements Foreign {
  readonly files: string[] = [];
  readonly folders: FoundFolder[] = [];
  readonly conflicts = new Conflicts();
  readonly #tree: VolumeFs;
  readonly #owned: ReadonlySet<string>;
  readonly #spared: Spared;
  #seen = 0;

  constructor(tree: VolumeFs, owned: ReadonlySet<string>, spared: Spared) {
    this.#tree = tree;
    this.#owned = owned;
    this.#spared = spared;
  }

  /** @returns whether something in it stays */
  async folder(path: string, mode: number): Promise<boolean> {
    let stays = false;
    for (const name of this.#namesIn(path)) {
      await giveWay((this.#seen += 1));
      if (name.includes(NOT_UTF8) || (await this.#stays(`${path}/${name}`))) stays = true;
    }
    if (!stays) this.folders.push({ path, mode: mode & 0o7777 });
    return stays;
  }

  #namesIn(folder: string): string[] {
    try {
      return this.#tree.list(folder).map(({ name }) => name);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw asOwnerMismatch(this.#tree, folder, error);
    }
  }

  async #stays(path: string): Promise<boolean> {
    const standing = this.#tree.look(path);
    switch (standing.kind) {
      case 'folder':
        return this.#spared.folder(path) || (await this.folder(path, standing.stat.mode));
      case 'file':
        if (this.#owned.has(path) || this.#spared.file(path)) return true;
        this.files.push(path);
        return false;
      case 'absent':
        return false;
      default:
        return true;
    }
  }
}
