import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { PlanInput } from '../../../../src/contract/source-activities.ts';
import { gateway, type Workbench } from './workbench.ts';

const DAY_MS = 24 * 60 * 60_000;

export const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS);

export function mirrorsOf(bench: Workbench): string[] {
  const folder = join(bench.folder, 'mirrors');
  return readdirSync(folder).flatMap((name) => (name.endsWith('.git') ? [join(folder, name)] : []));
}

export function bytesOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

export function pinsOf(mirror: string): string[] {
  const pins = join(mirror, 'refs', 'pins');
  return existsSync(pins) ? readdirSync(pins) : [];
}

export function isSound(mirror: string): boolean {
  execFileSync('git', [`--git-dir=${mirror}`, 'fsck', '--connectivity-only', '--no-dangling'], { stdio: 'pipe' });
  return true;
}

export async function planAt(bench: Workbench, url: string, commit: string, rollout = 1, git: object = {}): Promise<PlanInput> {
  const made = { ...(await bench.input({ repo: url, ...git }, [gateway('a')])), commit };
  const input = { ...made, rollout: `rollout/plant/demo/${rollout}` };
  const { source } = await bench.opened;
  await source.fetch(input);
  await source.plan(input);
  return input;
}
