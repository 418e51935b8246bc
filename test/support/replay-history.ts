import { execFileSync } from 'node:child_process';
import { type ExpectedFiles, type Placed, expectedFiles } from './oracle.ts';
import { type Plant, profileObject, syncObject } from './plant.ts';
import { pushes, realRepository } from './real-repositories.ts';
import { filesOf } from './tree.ts';
import { quantile } from './quantile.ts';

/** A real repository and where its parts go on every gateway. */
export interface History {
  readonly name: string;
  readonly placed: readonly Placed[];
}

/**
 * Replays a real repository push by push onto the gateways of a new plant. After each push every gateway must hold exactly what
 * plain git and the protection rules say, deletions included, and everything else what it held before. False: it is not on this machine.
 */
export async function replayHistory({ name, placed }: History, start: () => Promise<Plant>): Promise<boolean> {
  const bundle = realRepository(name);
  if (bundle === undefined) {
    console.log(`${name}: did not run, the real repositories are not on this machine (REAL_REPOS_DIR)`);
    return false;
  }
  await using plant = await start();
  const { git } = plant.stack;
  const url = await git.createRepository(name);
  const bare = git.repositoryPath(name);
  execFileSync('git', ['-C', bare, 'fetch', '--quiet', bundle, 'main:refs/replay/main']);
  const commits = pushes(bare, 'refs/replay/main');
  // These repositories leave out files that their gateways have from elsewhere, such as drivers; a fresh simulated one has not.
  await Promise.all(plant.gateways.map((gateway) => plant.faults(gateway, { missingPayload: 'accepted' })));
  const before = new Map(plant.gateways.map((gateway) => [gateway, filesOf(plant.data(gateway))]));
  const owned = new Set<string>();
  const latencies: number[] = [];
  const live: number[] = [];
  for (const commit of commits) {
    const began = Date.now();
    execFileSync('git', ['-C', bare, 'update-ref', 'refs/heads/main', commit]);
    const mappings = placed.map((mapping) => ({ ...mapping, required: false }));
    if (commit === commits[0]) await plant.apply(profileObject(mappings), syncObject(url));
    else await plant.signal('syncNow');
    await plant.until(`${commit} everywhere, or a guard rail`, (sync) => {
      if (sync?.status?.revision?.endsWith(commit) !== true) return false;
      return sync.status.rollout?.commit === commit && ['Succeeded', 'WaitingForApproval'].includes(sync.status.rollout.state);
    });
    if (plant.sync()?.status?.rollout?.state === 'WaitingForApproval') await plant.signal('approve', { by: 'test' });
    await plant.synced(commit);
    latencies.push(Date.now() - began);
    live.push(Math.max(...plant.gateways.map((gateway) => new Date(plant.commits(gateway).at(-1)?.at ?? 0).getTime())) - began);
    const expected = expectedFiles(bare, commit, placed);
    for (const path of expected.keys()) owned.add(path);
    for (const gateway of plant.gateways) {
      expect({ gateway, commit, ...difference(filesOf(plant.data(gateway)), expected, before.get(gateway)!, owned) }).toEqual({
        gateway,
        commit,
        missing: [],
        wrong: [],
        unexpected: [],
        damaged: [],
      });
    }
  }
  console.log(
    `${name}: ${commits.length} pushes on three gateways; push to live everywhere ${quantiles(live.filter((ms) => ms > 0))}, to Ready ${quantiles(latencies)}`,
  );
  return true;
}

function quantiles(samples: readonly number[]): string {
  return `p50 ${quantile(samples, 0.5)} ms, p95 ${quantile(samples, 0.95)} ms`;
}

/** Where what is there differs from what must be there. `damaged`: foreign files that changed or went. */
function difference(
  there: ReadonlyMap<string, string>,
  expected: ExpectedFiles,
  before: ReadonlyMap<string, string>,
  owned: ReadonlySet<string>,
) {
  const foreign = [...before].filter(([path]) => !owned.has(path));
  return {
    missing: [...expected.keys()].filter((path) => !there.has(path)),
    wrong: [...expected].filter(([path, digest]) => there.has(path) && there.get(path) !== digest).map(([path]) => path),
    unexpected: [...there.keys()].filter((path) => !expected.has(path) && (owned.has(path) || !before.has(path))),
    damaged: foreign.filter(([path, digest]) => there.get(path) !== digest).map(([path]) => path),
  };
}
