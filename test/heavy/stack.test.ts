import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StackClient } from '../../temporal-dev/stack/client.ts';
import { startStack } from '../../temporal-dev/stack/stack.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stack-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('two stacks run side by side, each with its own state', async () => {
  await using first = await startStack({ parts: ['temporal', 'git'] });
  await using second = await startStack({ parts: ['temporal', 'git'] });
  await first.temporalCli(['operator', 'namespace', 'create', '--namespace', 'only-here']);
  const namespaces = (stack: StackClient): Promise<string> => stack.temporalCli(['operator', 'namespace', 'list', '-o', 'json']);
  expect(await namespaces(first)).toContain('only-here');
  expect(await namespaces(second)).not.toContain('only-here');
  expect(new Set([first, second].map((stack) => stack.git.url('x'))).size).toBe(2);
});

test('a kept data folder serves one stack at a time, and the next one finds its ports, workflows and repositories', async () => {
  const before = await startStack({ dataDir: folder, parts: ['temporal', 'git'] });
  await expect(startStack({ dataDir: folder, parts: ['git'] })).rejects.toThrow('is in use by another running stack');
  await before.git.createRepository('kept');
  await before.temporalCli(['workflow', 'start', '--type', 'none', '--task-queue', 'none', '--workflow-id', 'kept']);
  await before.stop();
  await using after = await startStack({ dataDir: folder, parts: ['temporal', 'git'] });
  expect(after.temporal).toEqual(before.temporal);
  expect(after.git.address).toEqual(before.git.address);
  expect(existsSync(join(after.git.repositoryPath('kept'), 'HEAD'))).toBe(true);
  expect(await after.temporalCli(['workflow', 'list'])).toContain('kept');
});

test('a Temporal server that the environment names is used instead of one of ours, and learns our Search Attributes', async () => {
  await using theirs = await startStack({ parts: ['temporal'] });
  const remove = ['operator', 'search-attribute', 'remove', '--name', 'IgnitionPhase', '--yes'];
  await theirs.temporalCli(remove);
  process.env.IGNITION_SYNC_TEMPORAL_ADDRESS = theirs.temporal.address;
  try {
    await using ours = await startStack({ parts: ['temporal'] });
    expect(ours.temporal.address).toBe(theirs.temporal.address);
    expect(() => ours.pid('temporal')).toThrow('This stack runs no temporal');
    expect(await ours.temporalCli(['operator', 'search-attribute', 'list'])).toMatch(/IgnitionPhase\s+Keyword/);
    process.env.IGNITION_SYNC_TEMPORAL_ADDRESS = '127.0.0.1:9';
    await expect(startStack({ parts: ['temporal'] })).rejects.toThrow('127.0.0.1:9 (IGNITION_SYNC_TEMPORAL_ADDRESS) cannot be used');
  } finally {
    delete process.env.IGNITION_SYNC_TEMPORAL_ADDRESS;
  }
});
