import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeGitConfig, type GitSettings } from '../clients/git/environment.ts';
import { sha256 } from './digest.ts';
import { Mirror } from './mirror.ts';

/** All mirrors of this installation, in one folder. */
export class Mirrors {
  readonly settings: GitSettings;
  readonly #folder: string;
  readonly #mirrors = new Map<string, Mirror>();

  private constructor(folder: string, settings: GitSettings) {
    this.#folder = folder;
    this.settings = settings;
  }

  static async open(folder: string, options: { readonly allowFile: boolean }): Promise<Mirrors> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new Mirrors(folder, { configFile: await writeGitConfig(folder), allowFile: options.allowFile });
  }

  /**
   * The mirror of one URL as one credential sees it. Two objects share it only when they name the same Secret of the same namespace,
   * or when neither needs one: what one credential may read is never shown to another.
   */
  of(url: string, credentialIdentity: string): Mirror {
    const name = sha256(JSON.stringify([url, credentialIdentity])).slice(0, 32);
    const gitDir = join(this.#folder, `${name}.git`);
    let mirror = this.#mirrors.get(name);
    if (!mirror) this.#mirrors.set(name, (mirror = new Mirror(gitDir, this.settings)));
    return mirror;
  }
}
