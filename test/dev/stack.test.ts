import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '../../temporal-dev/stack/stack.ts';
import { StackClient, type StackDescription } from '../../temporal-dev/stack/client.ts';
import { processesWith, until } from '../support/processes.ts';
import { testStack } from '../support/stack.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stack-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A stack held by a process of its own, which the caller may kill. */
async function hostedStack(options: object): Promise<{ host: ChildProcess; stack: StackClient }> {
  const file = join(folder, 'stack.json');
  const host = spawn(process.execPath, ['temporal-dev/stack/host.ts', file, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(host.stdout, 'data');
  return { host, stack: new StackClient(JSON.parse(readFileSync(file, 'utf8')) as StackDescription) };
}

test('the pods of a StatefulSet become Running on the one node', async () => {
  const stack = testStack();
  const manifest = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'runs', namespace: 'default' },
    spec: {
      serviceName: 'runs',
      replicas: 2,
      selector: { matchLabels: { app: 'runs' } },
      template: { metadata: { labels: { app: 'runs' } }, spec: { containers: [{ name: 'one', image: 'none' }] } },
    },
  };
  await stack.kubectl(['apply', '-f', '-'], { input: JSON.stringify(manifest) });
  await stack.kubectl(['rollout', 'status', 'statefulset/runs', '--timeout=30s']);
  const phases = await stack.kubectl(['get', 'pods', '-l', 'app=runs', '-o', 'jsonpath={.items[*].status.phase}']);
  expect(phases).toBe('Running Running');
  await stack.kubectl(['delete', 'statefulset', 'runs', '--wait=true']);
  await until(async () => (await stack.kubectl(['get', 'pods', '-l', 'app=runs', '-o', 'name'])) === '');
});

test('Temporal knows our Search Attributes, and its UI answers', async () => {
  const stack = testStack();
  expect(await stack.temporalCli(['operator', 'search-attribute', 'list'])).toMatch(/IgnitionGateways\s+KeywordList/);
  expect((await fetch(stack.temporal.uiUrl)).status).toBe(200);
});

test('two stacks run side by side, each with its own state', async () => {
  await using first = await startStack({ parts: ['temporal', 'git'] });
  await using second = await startStack({ parts: ['temporal', 'git'] });
  await first.temporalCli(['operator', 'namespace', 'create', '--namespace', 'only-here']);
  const namespaces = (stack: StackClient): Promise<string> => stack.temporalCli(['operator', 'namespace', 'list', '-o', 'json']);
  expect(await namespaces(first)).toContain('only-here');
  expect(await namespaces(second)).not.toContain('only-here');
  expect(new Set([first, second].map((stack) => stack.git.url('x'))).size).toBe(2);
});

test('when the starter is killed nothing is left: no process, no folder', async () => {
  const { host, stack } = await hostedStack({ parts: ['temporal', 'git'] });
  const { dataDir } = stack.description;
  expect(processesWith(dataDir).length).toBeGreaterThan(stack.description.git?.ssh ? 1 : 0);
  host.kill('SIGKILL');
  await until(() => processesWith(dataDir).length === 0 && !existsSync(dataDir));
});

test('a port that is asked for but taken is refused with words, and nothing is left', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  try {
    await expect(startStack({ dataDir: folder, parts: ['temporal', 'git'], ports: { temporalUi: port } })).rejects.toThrow(
      `Port ${port} for the Temporal UI is taken`,
    );
    expect(processesWith(folder)).toEqual([]);
  } finally {
    other.close();
  }
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

test('servers that are killed come back on the same port with what they knew', async () => {
  await using stack = await startStack();
  await stack.kubectl(['create', 'namespace', 'kept']);
  await stack.temporalCli(['workflow', 'start', '--type', 'none', '--task-queue', 'none', '--workflow-id', 'kept']);
  for (const name of ['temporal', 'kube-apiserver', 'etcd', ...(stack.description.git?.ssh ? (['sshd'] as const) : [])] as const) {
    const before = stack.pid(name);
    await stack.kill(name);
    expect(stack.pid(name)).toBeUndefined();
    await stack.start(name);
    expect(stack.pid(name)).not.toBe(before);
  }
  await until(async () => (await stack.kubectl(['get', 'namespace', 'kept', '-o', 'name']).catch(() => '')) !== '');
  expect(await stack.temporalCli(['workflow', 'list'])).toContain('kept');
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
