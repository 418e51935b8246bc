import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { StackClient } from '../../temporal-dev/stack/client.ts';

const run = promisify(execFile);

/** A clone that tests commit in and push from, as a person does. */
export class WorkingCopy {
  readonly dir = mkdtempSync(join(tmpdir(), 'ignition-sync-clone-'));
  readonly url: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(url: string, env: NodeJS.ProcessEnv) {
    this.url = url;
    this.#env = env;
  }

  /** A new repository on the stack's git server and a clone of it. */
  static async create(stack: StackClient, name: string): Promise<WorkingCopy> {
    const copy = new WorkingCopy(await stack.git.createRepository(name), stack.description.env);
    await copy.git('init', '--quiet', '--initial-branch=main');
    await copy.git('config', 'user.name', 'Test');
    await copy.git('config', 'user.email', 'test@plant.example');
    await copy.git('remote', 'add', 'origin', copy.url);
    return copy;
  }

  /** Runs git in the clone. Never synchronous: the git server may live in this very process. */
  async git(...args: string[]): Promise<string> {
    const { stdout } = await run('git', ['-C', this.dir, ...args], { env: this.#env });
    return stdout.trim();
  }

  /** Writes files (null deletes), commits and pushes them. Returns the commit id. */
  async push(files: Readonly<Record<string, string | null>>, message = 'a change'): Promise<string> {
    for (const [path, content] of Object.entries(files)) {
      const full = join(this.dir, path);
      mkdirSync(dirname(full), { recursive: true });
      if (content === null) rmSync(full);
      else writeFileSync(full, content);
    }
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '--allow-empty', '--message', message);
    await this.git('push', '--quiet', 'origin', 'HEAD:main');
    return await this.git('rev-parse', 'HEAD');
  }
}

/** A small Ignition project with one view that says `label`. */
export function project(label: string): Record<string, string> {
  const view = 'projects/line/com.inductiveautomation.perspective/views/Main';
  return {
    'projects/line/project.json': JSON.stringify({ title: 'Line', enabled: true, inheritable: false, parent: '' }),
    [`${view}/view.json`]: JSON.stringify({ root: { props: { text: label } } }),
    [`${view}/resource.json`]: JSON.stringify({
      scope: 'G',
      version: 1,
      restricted: false,
      overridable: true,
      files: ['view.json'],
      attributes: {},
    }),
  };
}

/** Path of the view in `project`, on the gateway and in the repository. */
export const VIEW = 'projects/line/com.inductiveautomation.perspective/views/Main/view.json';
