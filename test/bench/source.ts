import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GitClient } from '../../temporal-dev/git-server/control.ts';
import { GitServer } from '../../temporal-dev/git-server/git-server.ts';
import { GitFixture } from '../activities/source/support/git-fixture.ts';
import { gateway, Workbench } from '../activities/source/support/workbench.ts';
import type { Case } from './report.ts';

const OBJECTS = 20;
const GATEWAYS = 100;

/**
 * What a push costs the git host, and how soon it is known, with 100 gateways of 20 objects on one repository that are all told at once.
 * Peer: what it would be if every gateway asked for itself, as git-sync sidecars do; by definition one each.
 */
export async function source({ runs }: { runs: number }): Promise<Case[]> {
  const folder = mkdtempSync(join(tmpdir(), 'ignition-sync-bench-'));
  using bench = new Workbench();
  const server = new GitServer(folder, { PATH: process.env.PATH, HOME: folder });
  const client = new GitClient(await server.listen(0));
  const repo = await client.createRepository('plant');
  const fixture = new GitFixture(client.repositoryPath('plant'));
  const files = (n: number) => ({
    'projects/p/project.json': '{}',
    'projects/p/changed': String(n),
    ...Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`projects/p/view-${i}/view.json`, JSON.stringify({ i })])),
  });
  fixture.commit(files(0));
  const names = Array.from({ length: GATEWAYS / OBJECTS }, (_, n) => `area-${n}`);
  const input = await bench.input(
    { repo },
    names.map((name) => gateway(name)),
  );
  const objects = Array.from({ length: OBJECTS }, (_, n) => ({
    ...input,
    object: { ...input.object, name: `plant-${n}`, uid: `uid-${n}` },
    rollout: `rollout/plant/plant-${n}/1`,
  }));
  const opened = await bench.opened;
  const push = async (expected?: string): Promise<{ knownMs: number; plannedMs: number }> => {
    const began = performance.now();
    let knownMs = 0;
    await Promise.all(
      objects.map(async (object) => {
        const { commit } = await opened.source.resolveRevision(object);
        if (expected !== undefined && commit !== expected) throw new Error(`${object.object.name} found ${commit} instead of ${expected}`);
        knownMs = Math.max(knownMs, performance.now() - began);
        await opened.source.fetch({ ...object, commit });
        await opened.source.plan({ ...object, commit });
      }),
    );
    return { knownMs, plannedMs: performance.now() - began };
  };
  const samples = {
    lists: [] as number[],
    fetches: [] as number[],
    kilobytes: [] as number[],
    known: [] as number[],
    planned: [] as number[],
  };
  try {
    await push();
    for (let n = 1; n <= runs; n += 1) {
      const before = await client.requests('plant');
      const commit = fixture.commit(files(n));
      const { knownMs, plannedMs } = await push(commit);
      const after = await client.requests('plant');
      const fetches = after.fetches - before.fetches;
      samples.fetches.push(fetches);
      samples.lists.push(after.sessions - before.sessions - fetches);
      samples.kilobytes.push((after.bytes - before.bytes) / 1_000);
      samples.known.push(knownMs);
      samples.planned.push(plannedMs);
    }
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
  const perGateway = { name: 'each gateway for itself', samples: [GATEWAYS] };
  return [
    { case: 'ls-remotes per push, 20 objects with 100 gateways', unit: 'times', samples: samples.lists, peer: perGateway },
    { case: 'fetches per push', unit: 'times', samples: samples.fetches, peer: perGateway },
    { case: 'sent by the git host per push', unit: 'kB', samples: samples.kilobytes },
    { case: 'push told to commit known by all objects', unit: 'ms', samples: samples.known },
    { case: 'push told to content in the store for all gateways', unit: 'ms', samples: samples.planned },
  ];
}
