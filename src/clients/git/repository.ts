import { simpleGit, type SimpleGit } from 'simple-git';
import { SyncError } from '../../domain/errors.ts';
import type { TreeEntry } from '../../domain/plan/tree.ts';
import { readBatch, type BlobBody } from './cat-file.ts';
import { gitEnvironment, type GitSettings } from './environment.ts';
import { localFailure } from './failure.ts';
import { runGit } from './git-process.ts';
import { parseTree, TreeLimit } from './ls-tree.ts';

const TEXT_DEADLINE_MS = 30_000;
const CONTENT_DEADLINE_MS = 10 * 60_000;

/** Who made a commit and what for. */
export interface CommitInfo {
  readonly author: string;
  /** First line of the message. */
  readonly subject: string;
}

/** An annotated tag. */
export interface TagObject {
  readonly id: string;
  /** As it stands in the tag itself, whatever ref leads to it. */
  readonly name: string;
  /** What it finally names. */
  readonly commit: string;
}

/** A bare repository of ours on this machine. */
export class Repository {
  readonly gitDir: string;
  readonly #settings: GitSettings;

  constructor(gitDir: string, settings: GitSettings) {
    this.gitDir = gitDir;
    this.#settings = settings;
  }

  /** Makes it; harmless when it is there already. */
  async init(objectFormat: 'sha1' | 'sha256'): Promise<void> {
    await this.#text(
      ['init', '--quiet', '--bare', `--object-format=${objectFormat}`, '--initial-branch=main', '--', this.gitDir],
      'make a mirror',
    );
  }

  /**
   * Describes a commit that is here; undefined when it is not, or is no commit.
   * @throws SyncError GitFailed, GitTimeout
   */
  async commitInfo(commit: string): Promise<CommitInfo | undefined> {
    const format = ['log', '-1', '--no-show-signature', '--no-notes', '--format=%H%x00%an%x00%s', '--end-of-options', commit];
    const output = await this.#text([`--git-dir=${this.gitDir}`, ...format], 'read the commit').catch((error: unknown) => {
      if (
        error instanceof SyncError &&
        /bad object|unknown revision|bad revision|Not a valid object|not a tree|expected commit type|from promisor remote/i.test(
          error.message,
        )
      )
        return '';
      throw error;
    });
    const [id, author = '', subject = ''] = output.trimEnd().split('\0');
    return id === commit ? { author, subject } : undefined;
  }

  /** The annotated tag that a ref of ours leads to; undefined when there is none. */
  async tagObject(ref: string): Promise<TagObject | undefined> {
    const options = { env: gitEnvironment(this.#settings), deadlineMs: TEXT_DEADLINE_MS };
    const git = [`--git-dir=${this.gitDir}`];
    const ids = await runGit([...git, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{tag}`], options);
    const commits = await runGit([...git, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`], options);
    if (ids.code !== 0 || commits.code !== 0) return undefined;
    const id = lastLine(ids.stdout);
    const tag = await runGit([...git, 'cat-file', 'tag', id], options);
    const name = /^tag (.*)$/m.exec(tag.stdout.toString('utf8').split('\n\n', 1)[0] ?? '')?.[1] ?? '';
    return { id, name, commit: lastLine(commits.stdout) };
  }

  /** Keeps a commit from being swept. */
  async pin(commit: string): Promise<void> {
    await this.#text([`--git-dir=${this.gitDir}`, 'update-ref', '--end-of-options', pinOf(commit), commit], 'pin the commit');
  }

  /** Full names of the refs from which a commit can be reached; none when it is not here. */
  async refsContaining(commit: string): Promise<string[]> {
    const exit = await runGit([`--git-dir=${this.gitDir}`, 'for-each-ref', '--format=%(refname)', `--contains=${commit}`], {
      env: gitEnvironment(this.#settings),
      deadlineMs: CONTENT_DEADLINE_MS,
    });
    if (exit.code === 0) return exit.stdout.toString('utf8').split('\n').filter(Boolean);
    if (/no such commit|malformed object name|is a (tree|blob|tag), not a commit|promisor remote/.test(exit.stderr)) return [];
    throw localFailure(exit, 'look for the commit on branches and tags');
  }

  /** Whether everything that it should have is there and readable; takes as long as it is large. */
  async isSound(): Promise<boolean> {
    const exit = await runGit([`--git-dir=${this.gitDir}`, 'fsck', '--connectivity-only', '--no-dangling'], {
      env: gitEnvironment(this.#settings),
      deadlineMs: CONTENT_DEADLINE_MS,
    });
    return exit.code === 0;
  }

  /**
   * Which of these blobs of a commit are not here, and how many others it has.
   * @throws SyncError GitFailed when its listing is not here either, GitTimeout
   */
  async missingBlobs(commit: string, wanted: ReadonlySet<string>): Promise<{ missing: Set<string>; others: number }> {
    const blobs = ['--filter=object:type=blob', '--filter-provided-objects', '--no-object-names', '--missing=print'];
    const question = ['rev-list', '--objects', ...blobs, '--end-of-options', `${commit}^{tree}`];
    const exit = await runGit([`--git-dir=${this.gitDir}`, ...question], {
      env: gitEnvironment(this.#settings),
      deadlineMs: CONTENT_DEADLINE_MS,
    });
    if (exit.code !== 0) throw localFailure(exit, `look for the files of commit ${commit}`);
    const missing = new Set<string>();
    let others = 0;
    for (const line of exit.stdout.toString('latin1').split('\n')) {
      const oid = line.startsWith('?') ? line.slice(1) : line;
      if (!wanted.has(oid)) others += oid === '' ? 0 : 1;
      else if (oid !== line) missing.add(oid);
    }
    return { missing, others };
  }

  /**
   * The whole listing of a commit.
   * @throws SyncError UnsupportedContent when it is too long; GitFailed, GitTimeout
   */
  async listTree(commit: string): Promise<TreeEntry[]> {
    const limit = new TreeLimit();
    // Not through simple-git: names are bytes, and not all of them are text.
    const exit = await runGit([`--git-dir=${this.gitDir}`, 'ls-tree', '-r', '-z', '--full-tree', '--end-of-options', commit], {
      env: gitEnvironment(this.#settings),
      deadlineMs: CONTENT_DEADLINE_MS,
      isTooMuch: limit.isTooMuch,
    });
    if (limit.isExceeded) throw limit.fault(commit);
    if (exit.code !== 0) throw localFailure(exit, `list commit ${commit}`);
    return parseTree(exit.stdout);
  }

  /**
   * Streams blobs in the order asked for; each body must be read to its end before the next is taken.
   * @throws SyncError GitFailed when one is missing, GitTimeout
   */
  readBlobs(oids: readonly string[]): AsyncGenerator<BlobBody> {
    return readBatch(this.gitDir, oids, { env: gitEnvironment(this.#settings), deadlineMs: CONTENT_DEADLINE_MS });
  }

  async #text(args: string[], what: string): Promise<string> {
    try {
      return await this.#git().raw(args);
    } catch (error) {
      const stderr = error instanceof Error ? error.message : String(error);
      throw localFailure({ code: null, stderr, timedOut: /block timeout reached/.test(stderr) }, what);
    }
  }

  #git(): SimpleGit {
    const env = gitEnvironment(this.#settings);
    return simpleGit({
      baseDir: '/',
      timeout: { block: TEXT_DEADLINE_MS },
      allowEnvironment: Object.keys(env).filter((name) => name.startsWith('GIT_')),
      unsafe: { allowUnsafeConfigPaths: true }, // our own file, in place of the user's
    }).env(env);
  }
}

/** Git repeats `--end-of-options` before the answer. */
function lastLine(output: Buffer): string {
  return output.toString('utf8').trim().split('\n').at(-1) ?? '';
}

/** The name under which a commit is kept in a mirror. */
export function pinOf(commit: string): string {
  return `refs/pins/${commit}`;
}
