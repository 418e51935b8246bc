import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const FOLDER = resolve(process.env['REAL_REPOS_DIR'] ?? '../shared/data/ignition-repos');

/** The bundle of a real repository; undefined where the repositories are not on this machine. */
export function realRepository(name: string): string | undefined {
  const bundle = join(FOLDER, `${name}.bundle`);
  return existsSync(bundle) ? bundle : undefined;
}

/** The commits of a branch as they were pushed, oldest first. */
export function pushes(repository: string, ref: string): string[] {
  return execFileSync('git', ['-C', repository, 'rev-list', '--reverse', '--first-parent', ref]).toString().split('\n').filter(Boolean);
}
