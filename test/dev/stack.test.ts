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
