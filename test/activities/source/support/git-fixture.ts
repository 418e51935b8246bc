import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** One file of a commit: its content, or content with another mode (120000: the content is the link's target; 160000: a commit id). */
export type FixtureFile = string | Buffer | { readonly mode: '100755' | '120000' | '160000'; readonly content: string | Buffer };

/** A bare repository on disk, driven with plain git commands. */
export class GitFixture {
  readonly folder: string;

  constructor(folder: string, options: readonly string[] = []) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    this.git('init', '--quiet', '--bare', '-b', 'main', ...options, '.');
  }

  get url(): string {
    return pathToFileURL(this.folder).href;
  }

  git(...args: string[]): string {
    return this.#run(args).toString('utf8').trim();
  }

  /** The bytes of one file of a commit. */
  show(commit: string, path: string): Buffer {
    return this.#run(['cat-file', 'blob', `${commit}:${path}`]);
  }

  /** Puts a commit with exactly these files on a branch; a name may be bytes in latin1 when `bytes` is set. Returns the commit id. */
  commit(
    files: Readonly<Record<string, FixtureFile>>,
    options: { readonly branch?: string; readonly message?: string; readonly bytes?: boolean } = {},
  ): string {
    const branch = `refs/heads/${options.branch ?? 'main'}`;
    const parts: Buffer[] = [];
    const say = (text: string): number => parts.push(Buffer.from(text));
    const message = Buffer.from(options.message ?? 'change');
    say(
      `commit ${branch}\nauthor Åsa <asa@plant.example> 1700000000 +0000\ncommitter Åsa <asa@plant.example> 1700000000 +0000\ndata ${message.length}\n`,
    );
    parts.push(message);
    say('\n');
    if (this.#exists(branch)) say(`from ${branch}^0\n`);
    say('deleteall\n');
    for (const [path, file] of Object.entries(files)) {
      const { mode, content } = typeof file === 'string' || Buffer.isBuffer(file) ? { mode: '100644', content: file } : file;
      const name = [...Buffer.from(path, options.bytes ? 'latin1' : 'utf8')]
        .map((byte) => `\\${byte.toString(8).padStart(3, '0')}`)
        .join('');
      if (mode === '160000') {
        say(`M 160000 ${content.toString()} "${name}"\n`);
        continue;
      }
      const bytes = Buffer.from(content);
      say(`M ${mode} inline "${name}"\ndata ${bytes.length}\n`);
      parts.push(bytes);
      say('\n');
    }
    execFileSync('git', ['fast-import', '--quiet', '--force'], { cwd: this.folder, env: environment(), input: Buffer.concat(parts) });
    return this.git('rev-parse', branch);
  }

  #exists(ref: string): boolean {
    try {
      this.git('rev-parse', '--verify', '--quiet', ref);
      return true;
    } catch {
      return false;
    }
  }

  #run(args: readonly string[]): Buffer {
    return execFileSync('git', args, { cwd: this.folder, env: environment(), stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 30 });
  }
}

function environment(): NodeJS.ProcessEnv {
  const who = {
    GIT_AUTHOR_NAME: 'Åsa',
    GIT_AUTHOR_EMAIL: 'asa@plant.example',
    GIT_COMMITTER_NAME: 'Åsa',
    GIT_COMMITTER_EMAIL: 'asa@plant.example',
  };
  return { PATH: process.env.PATH, HOME: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', ...who };
}
