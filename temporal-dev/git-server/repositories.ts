import { execFile } from 'node:child_process';
import { appendFile, mkdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StackError } from '../failure.ts';

const run = promisify(execFile);

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

/** Anybody may push, and fetch any commit that a ref reaches, as hosting services allow it. */
const CONFIG = `
[http]
	receivepack = true
[uploadpack]
	allowFilter = true
	allowReachableSHA1InWant = true
[receive]
	denyCurrentBranch = ignore
	denyDeletes = false
[gc]
	auto = 0
`;

/**
 * The folder of a bare repository called `plant` or `group/plant`.
 * @throws StackError for a name that is not a plain path.
 */
export function repositoryFolder(root: string, name: string): string {
  if (!NAME.test(name) || name.endsWith('.git'))
    throw new StackError(`"${name}" is no repository name: write it like "group/plant", without ".git".`);
  return join(root, `${name}.git`);
}

/** @throws StackError where this machine has no git that can serve over HTTP. */
export async function requireGit(env: NodeJS.ProcessEnv): Promise<void> {
  const where = await run('git', ['--exec-path'], { env }).catch(() => undefined);
  if (!where) throw new StackError('There is no git on PATH: apt-get install git.');
  if (existsSync(join(where.stdout.trim(), 'git-http-backend'))) return;
  throw new StackError('This git has no http-backend to serve repositories: install the git-daemon package of this system.');
}

/** Makes an empty bare repository whose branch is `main`; one that exists is left as it is. */
export async function initRepository(root: string, name: string, env: NodeJS.ProcessEnv): Promise<string> {
  const folder = repositoryFolder(root, name);
  if (existsSync(join(folder, 'HEAD'))) return folder;
  await mkdir(folder, { recursive: true });
  await run('git', ['init', '--quiet', '--bare', '--template=', '--initial-branch=main', folder], { env });
  await appendFile(join(folder, 'config'), CONFIG);
  return folder;
}
