import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Files } from '../activities/agent/support/content.ts';
import { Rig, doing } from '../activities/agent/support/rig.ts';
import type { Case } from './report.ts';

const run = promisify(execFile);

/** A tree of files of one size, like resources: a folder each, most of them small. */
function tree(files: number, bytes: number): Files {
  return Object.fromEntries(
    Array.from({ length: files }, (_, i) => [`projects/p${i % 10}/views/group${i % 100}/view${i}/view.json`, content(`${i}`, bytes)]),
  );
}

function content(seed: string, bytes: number): string {
  return `${seed} `.padEnd(bytes, `lorem ipsum ${seed} `);
}

/** Bytes that this process read from and wrote to files so far, by the kernel's count. */
async function io(): Promise<{ read: number; written: number }> {
  const text = await readFile('/proc/self/io', 'utf8').catch(() => '');
  const of = (name: string): number => Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return { read: of('rchar'), written: of('wchar') };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** The files in a folder of their own, as a script that copies them would have them. */
async function onDisk(files: Files): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ignition-sync-bench-'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text as string);
  }
  return folder;
}

async function rsync(from: string, to: string): Promise<void> {
  await run('rsync', ['-rc', '--delete', `${from}/projects/`, `${to}/projects/`]);
  await run('sync', ['-f', to]);
}

async function isThere(command: string): Promise<boolean> {
  return run(command, ['--version']).then(
    () => true,
    () => false,
  );
}

/** The engine alone: its relay hands over content in memory, its ticket office sits in the same process. */
export async function engine({ runs }: { runs: number }): Promise<Case[]> {
  const rounds = Math.max(1, Math.min(runs, 5));
  const cases: Case[] = [];
  const hasRsync = await isThere('rsync');
  if (!hasRsync) process.stderr.write('no rsync here: its figures are missing\n');
  for (const size of [10_000, 50_000]) cases.push(...(await smallChanges(size, rounds, hasRsync)));
  cases.push(await firstSync('first sync of 10,000 × 4 kB', tree(10_000, 4_096), Math.min(rounds, 3)));
  cases.push(await firstSync('first sync of 200 × 1 MB', tree(200, 1_048_576), Math.min(rounds, 3)));
  for (const changed of [1, 100, 10_000]) cases.push(await visibleWindow(changed, changed === 10_000 ? Math.min(rounds, 3) : rounds * 4));
  return cases;
}

async function smallChanges(size: number, rounds: number, hasRsync: boolean): Promise<Case[]> {
  const files = tree(size, 1_024);
  const rig = await Rig.open();
  const [source, copy] = [await onDisk(files), await onDisk(files)];
  try {
    await rig.sync(files);
    const [noop, one, peerNoop, peerOne, bytes] = [[], [], [], [], []] as [number[], number[], number[], number[], number[]];
    const path = 'projects/p0/views/group0/view0/view.json';
    for (let i = 0; i < rounds; i += 1) {
      const { live } = await rig.agent.inspect();
      const step = rig.step(live, live);
      noop.push(
        await timed(async () => {
          await rig.agent.stage(step, doing);
          await rig.agent.apply(step, doing);
        }),
      );
      if (hasRsync) peerNoop.push(await timed(() => rsync(source, copy)));
      const text = content(`changed ${i}`, 1_024);
      const next = rig.step(live, rig.content.add({ ...files, [path]: text }));
      const before = await io();
      one.push(
        await timed(async () => {
          await rig.agent.stage(next, doing);
          await rig.agent.apply(next, doing);
        }),
      );
      const after = await io();
      bytes.push(after.read - before.read + after.written - before.written);
      await writeFile(join(source, path), text);
      if (hasRsync) peerOne.push(await timed(() => rsync(source, copy)));
    }
    const peer = (samples: number[]) => (hasRsync ? { peer: { name: 'rsync -rc --delete', samples } } : {});
    const of = size.toLocaleString('en');
    return [
      { case: `the same commit again, ${of} files`, unit: 'ms', samples: noop, ...peer(peerNoop) },
      { case: `1 of ${of} files changed`, unit: 'ms', samples: one, ...peer(peerOne) },
      { case: '  bytes read and written for it', unit: 'kB', samples: bytes.map((n) => n / 1_000) },
    ];
  } finally {
    await rig.close();
    for (const folder of [source, copy]) await rm(folder, { recursive: true });
  }
}

async function firstSync(name: string, files: Files, rounds: number): Promise<Case> {
  const [samples, peer] = [[], []] as [number[], number[]];
  const source = await onDisk(files);
  for (let i = 0; i < rounds; i += 1) {
    const rig = await Rig.open();
    const { live } = await rig.agent.inspect();
    const step = rig.step(live, rig.content.add(files));
    samples.push(
      await timed(async () => {
        await rig.agent.stage(step, doing);
        await rig.agent.apply(step, doing);
      }),
    );
    await rig.close();
    const copy = await mkdtemp(join(tmpdir(), 'ignition-sync-bench-'));
    peer.push(
      await timed(async () => {
        await run('cp', ['-a', `${source}/.`, copy]);
        await run('sync', ['-f', copy]);
      }),
    );
    await rm(copy, { recursive: true });
  }
  await rm(source, { recursive: true });
  return { case: name, unit: 'ms', samples, peer: { name: 'cp -a and sync', samples: peer } };
}

/** From the first rename to the last: as long as a gateway could see two commits at once. */
async function visibleWindow(changed: number, rounds: number): Promise<Case> {
  const files = tree(10_000, 512);
  const rig = await Rig.open();
  try {
    await rig.sync(files);
    const samples: number[] = [];
    for (let i = 0; i < rounds; i += 1) {
      const paths = Object.keys(files).slice(0, changed);
      const next = { ...files, ...Object.fromEntries(paths.map((path) => [path, content(`${path} ${i}`, 512)])) };
      samples.push((await rig.sync(next)).visibleMs);
    }
    return { case: `visible window, ${changed.toLocaleString('en')} files changed`, unit: 'ms', samples };
  } finally {
    await rig.close();
  }
}
