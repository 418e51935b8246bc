import type { Edit } from '../render/edits.ts';
import type { LayoutMapping } from './mapping.ts';
import { foldersAbove } from './paths.ts';
import { count } from './text.ts';

/** One file as it shall be on the gateway, by the git blob that holds its bytes. */
export interface PlannedFile {
  readonly path: string;
  readonly oid: string;
  readonly executable: boolean;
  /** What is changed in its content for this gateway, in order; absent = the blob's bytes. */
  readonly edits?: readonly Edit[];
}

interface Placed {
  readonly file: PlannedFile;
  readonly mapping: LayoutMapping;
}

/** The tree of one gateway while mappings are laid on top of each other: the later one wins, also a file over a folder and back. */
export class ComposedTree {
  readonly #files = new Map<string, Placed>();
  readonly #folders = new Map<string, number>();
  readonly #replaced = new Map<string, { later: LayoutMapping; earlier: LayoutMapping; files: number; example: string }>();

  place(file: PlannedFile, mapping: LayoutMapping): void {
    const above = foldersAbove(file.path);
    for (const folder of above) this.#remove(folder, mapping);
    if (this.#folders.has(file.path)) {
      for (const path of [...this.#files.keys()]) if (path.startsWith(`${file.path}/`)) this.#remove(path, mapping);
    }
    const before = this.#files.get(file.path);
    if (before && (before.file.oid !== file.oid || before.file.executable !== file.executable)) this.#note(mapping, before);
    this.#files.set(file.path, { file, mapping });
    if (!before) for (const folder of above) this.#folders.set(folder, (this.#folders.get(folder) ?? 0) + 1);
  }

  files(): PlannedFile[] {
    return [...this.#files.values()].map(({ file }) => file);
  }

  /** One sentence for each pair of mappings of which the later replaced files of the earlier. */
  warnings(): string[] {
    return [...this.#replaced.values()].map(
      ({ later, earlier, files, example }) =>
        `${later.field} replaces ${count(files, 'file')} of ${earlier.field}, such as ${example}: the later mapping wins.`,
    );
  }

  #remove(path: string, mapping: LayoutMapping): void {
    const placed = this.#files.get(path);
    if (!placed) return;
    this.#note(mapping, placed);
    this.#files.delete(path);
    for (const folder of foldersAbove(path)) {
      const left = (this.#folders.get(folder) ?? 1) - 1;
      if (left === 0) this.#folders.delete(folder);
      else this.#folders.set(folder, left);
    }
  }

  #note(later: LayoutMapping, { file, mapping: earlier }: Placed): void {
    if (later.overlay || later.field === earlier.field) return;
    const pair = `${later.field}\n${earlier.field}`;
    const seen = this.#replaced.get(pair);
    if (seen) seen.files += 1;
    else this.#replaced.set(pair, { later, earlier, files: 1, example: file.path });
  }
}
