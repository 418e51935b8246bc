import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlanInput } from '../contract/source-activities.ts';
import type { Desired } from '../domain/desired.ts';
import type { Digest } from '../domain/manifest.ts';
import { canonicalJson } from './canonical-json.ts';
import { sha256 } from './digest.ts';
import { errnoOf } from './parallel.ts';
import { fileName, replaceFile } from './pin-file.ts';
import type { PlanDocument } from './plan-document.ts';

/** Everything that a plan was made from, and what cannot be worked out again from that alone. */
export interface FrozenPlan {
  readonly schema: 1;
  readonly input: PlanInput;
  /** Everything that is read of git: the commit and those of its submodules. Absent in plans of earlier versions. */
  readonly commits?: readonly string[];
  readonly desired: Desired;
  readonly plan: PlanDocument;
  /** Manifests of released files: they follow from what was live, which may be lost too. */
  readonly released: readonly string[];
}

/**
 * Plans, kept beside the mirrors and so apart from the content store: with the mirror they are enough to make the content again. One file
 * per rollout, for as long as its pin counts.
 */
export class FrozenPlans {
  readonly #folder: string;

  /** @param folder of the mirrors */
  constructor(folder: string) {
    this.#folder = join(folder, 'plans');
  }

  async keep(frozen: FrozenPlan): Promise<void> {
    await replaceFile(this.#file(frozen.input.rollout), join(this.#folder, 'new'), JSON.stringify(frozen));
  }

  async drop(rollout: string): Promise<void> {
    await rm(this.#file(rollout), { force: true });
  }

  /** One after the other: each may be large. */
  async *all(): AsyncGenerator<FrozenPlan> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const text = name.startsWith('_') ? await readFile(join(this.#folder, name), 'utf8').catch(unlessGone) : '';
      if (text === '') continue;
      try {
        yield JSON.parse(text) as FrozenPlan;
      } catch {
        await rm(join(this.#folder, name), { force: true }); // damaged: what it says cannot be believed
      }
    }
  }

  /** A lost document: a plan or the desired input of one. */
  async document(digest: Digest): Promise<Desired | PlanDocument | undefined> {
    for await (const { desired, plan } of this.all()) {
      const found = [plan, desired].find((document) => sha256(canonicalJson(document)) === digest);
      if (found) return found;
    }
    return undefined;
  }

  /** Commits that some plan may have to be made from again. @throws when a plan cannot be read: then nothing is known */
  async commits(): Promise<Set<string>> {
    const commits = new Set<string>();
    for await (const { input, commits: all = [] } of this.all()) for (const commit of [input.commit, ...all]) commits.add(commit);
    return commits;
  }

  #file(rollout: string): string {
    return join(this.#folder, fileName(rollout));
  }
}

function unlessGone(error: unknown): string {
  if (errnoOf(error) !== 'ENOENT') throw error;
  return '';
}
