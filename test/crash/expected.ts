import { execFile } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { foldersAbove } from '../../src/domain/plan/paths.ts';
import { type Footprint, damage, footprint } from '../support/gateway-simulator/damage.ts';
import { filesOf } from '../support/tree.ts';
import type { Scenario, Tree } from '../activities/agent/support/random-trees.ts';

const run = promisify(execFile);

/** What a volume must look like with either commit live: from git, through plain commands, and what was on it before us. */
export class Expected {
  readonly #files: Readonly<Record<'old' | 'next' | 'foreign', ReadonlyMap<string, string>>>;
  readonly #foreignFolders: readonly string[];
  readonly #owned: ReadonlySet<string>;
  readonly #untouched: Footprint;

  private constructor(files: Record<'old' | 'next' | 'foreign', ReadonlyMap<string, string>>, folders: string[], untouched: Footprint) {
    this.#files = files;
    this.#foreignFolders = folders;
    this.#owned = new Set([...files.old.keys(), ...files.next.keys()]);
    this.#untouched = untouched;
  }

  /** @param base the data directory before the first sync; `folder` is where git may work */
  static async of(folder: string, base: string, { old, next }: Pick<Scenario, 'old' | 'next'>): Promise<Expected> {
    const files = {
      old: await checkedOut(join(folder, 'git-old'), old),
      next: await checkedOut(join(folder, 'git-next'), next),
      foreign: filesOf(base),
    };
    const owned = new Set([...files.old.keys(), ...files.next.keys()]);
    return new Expected(files, foldersOf(base), await footprint(base, owned));
  }

  /** The first few things that are not as they must be, as sentences. */
  async differences(dataDir: string, commit: 'old' | 'next', when: string): Promise<string[]> {
    const found = [...this.#wrongFiles(dataDir, commit), ...this.#wrongFolders(dataDir, commit), ...(await this.#damage(dataDir))];
    return found.slice(0, 3).map((what) => `${when}: ${what}`);
  }

  #wrongFiles(dataDir: string, commit: 'old' | 'next'): string[] {
    const wanted = new Map([...this.#files.foreign, ...this.#files[commit]]);
    const there = filesOf(dataDir);
    return [...new Set([...wanted.keys(), ...there.keys()])]
      .filter((path) => wanted.get(path) !== there.get(path))
      .map((path) => `${path} is not as in the ${commit} commit`);
  }

  /** An empty folder of a resource hides the one of the parent project, so none may be left over. */
  #wrongFolders(dataDir: string, commit: 'old' | 'next'): string[] {
    const wanted = new Set([...this.#foreignFolders, ...[...this.#files[commit].keys()].flatMap(foldersAbove)]);
    const there = foldersOf(dataDir);
    return [
      ...there.filter((path) => !wanted.has(path)).map((path) => `the folder ${path} is left over`),
      ...[...wanted].filter((path) => !there.includes(path)).map((path) => `the folder ${path} is missing`),
    ];
  }

  /** Whatever is not ours has every byte and every permission bit that it had. */
  async #damage(dataDir: string): Promise<string[]> {
    const ours = new Set([...this.#owned].flatMap(foldersAbove));
    const now = new Map([...(await footprint(dataDir, this.#owned))].filter(([path]) => this.#untouched.has(path) || !ours.has(path)));
    return damage(this.#untouched, now);
  }
}

/** Every folder but our own. */
function foldersOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => path !== '.ignition-sync' && !path.startsWith('.ignition-sync/'));
}

/** What git itself makes of a tree: the files of a checkout, by digest. */
async function checkedOut(folder: string, tree: Tree): Promise<ReadonlyMap<string, string>> {
  const git = (...args: string[]) => run('git', ['-C', folder, ...args]);
  await run('git', ['init', '--quiet', '--initial-branch=main', folder]);
  for (const [path, { content, executable }] of Object.entries(tree)) {
    const blob = join(folder, '.git', 'blob');
    writeFileSync(blob, content);
    const { stdout } = await run('git', ['-C', folder, 'hash-object', '-w', '--no-filters', blob]);
    await git('update-index', '--add', '--cacheinfo', `${executable ? '100755' : '100644'},${stdout.trim()},${path}`);
  }
  await git('-c', 'core.autocrlf=false', 'checkout-index', '--all', '--force', `--prefix=${join(folder, '.git', 'out')}/`);
  return filesOf(join(folder, '.git', 'out'));
}
