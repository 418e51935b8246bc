import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kubelet, type PodNews } from '../../temporal-dev/kubelet/kubelet.ts';
import { startStack, type Stack } from '../../temporal-dev/stack/stack.ts';
import { until } from '../support/processes.ts';

let stack: Stack;
let kubelet: Kubelet;
let news: PodNews[];
const namespace = `kubelet-${randomUUID().slice(0, 8)}`;
const pod = `${namespace}/gw-0`;

/** The agent's startup gate: closed while a file of that name lies in the data directory. */
const gate = (data: string, { health }: { health: number }): string =>
  `require('node:http').createServer((_, answer) => answer.writeHead(require('node:fs').existsSync(${JSON.stringify(join(data, 'closed'))}) ? 503 : 200).end()).listen(${health}, '127.0.0.1');`;

/** Stands for a gateway or an agent: says what it was given and stays. */
const witness =
  (role: string) =>
  ({ files, ports }: { files: { token: string; data: string }; ports: { health: number } }) => ({
    command: process.execPath,
    args: [
      '-e',
      `require('node:fs').appendFileSync(${JSON.stringify(join(files.data, `${role}.starts`))}, JSON.stringify({ token: require('node:fs').readFileSync(process.env.TOKEN_FILE, 'utf8'), ports: process.env.PORTS }) + '\\n'); setInterval(() => {}, 1000);${role === 'agent' ? gate(files.data, ports) : ''}`,
    ],
    env: { TOKEN_FILE: files.token, PORTS: JSON.stringify(ports) },
  });

const statefulSet = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'gw', namespace },
  spec: {
    serviceName: 'gw',
    replicas: 1,
    selector: { matchLabels: { app: 'gw' } },
    template: {
      metadata: { labels: { app: 'gw' }, annotations: { 'ignition-sync.io/inject': 'true' } },
      spec: { containers: [{ name: 'ignition', image: 'ignition' }] },
    },
  },
};

beforeAll(async () => {
  stack = await startStack({ parts: ['kubernetes'] });
  kubelet = await Kubelet.start({
    stack,
    dir: join(stack.description.dataDir, 'pods'),
    gateway: witness('gateway'),
    agent: witness('agent'),
    init: ({ files }) => Promise.resolve(appendFileSync(join(files.data, 'init.starts'), '')),
    startupProbe: ({ ports }) => `http://127.0.0.1:${ports.health}/startupz`,
    apiKey: () => ({ secret: 'api', key: 'key' }),
    renewTokenEveryMs: 500,
  });
  news = [];
  kubelet.on('news', (item) => news.push(item));
  await stack.kubectl(['create', 'namespace', namespace]);
  await stack.kubectl(['create', 'secret', 'generic', 'api', '--from-literal=key=one', '-n', namespace]);
  await stack.kubectl(['apply', '-f', '-'], { input: JSON.stringify(statefulSet) });
  await kubelet.running(pod);
});
afterAll(async () => {
  await kubelet.stop();
  await stack.stop();
});

/** Waits for the next news that fits. */
async function heard(fits: (item: PodNews) => boolean): Promise<PodNews> {
  for (;;) {
    const [item] = (await once(kubelet, 'news')) as [PodNews];
    if (fits(item)) return item;
  }
}

function claims(token: string): { aud: string[]; 'kubernetes.io': { pod: { name: string; uid: string } } } {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as ReturnType<typeof claims>;
}

const uidOfPod = (): Promise<string> => stack.kubectl(['get', 'pod', 'gw-0', '-n', namespace, '-o', 'jsonpath={.metadata.uid}']);

test('the token of a pod is bound to this pod, made for us, and renewed', async () => {
  const { token } = kubelet.files(pod);
  const first = readFileSync(token, 'utf8');
  expect(claims(first)).toMatchObject({ aud: ['ignition-sync'], 'kubernetes.io': { pod: { name: 'gw-0', uid: await uidOfPod() } } });
  await until(() => readFileSync(token, 'utf8') !== first);
});

test('the API key follows its Secret, and goes with it', async () => {
  const { apiKey } = kubelet.files(pod);
  expect(readFileSync(apiKey, 'utf8')).toBe('one');
  await stack.kubectl(['patch', 'secret', 'api', '-n', namespace, '-p', '{"stringData":{"key":"two"}}']);
  await until(() => readFileSync(apiKey, 'utf8') === 'two');
});

test('a killed agent is started again; its gateway is left alone', async () => {
  const before = kubelet.processes(pod);
  const started = heard((item) => item.role === 'agent' && item.what === 'started');
  kubelet.kill(pod, 'agent');
  const { pid } = await started;
  expect(kubelet.processes(pod)).toEqual({ gateway: before.gateway, agent: pid });
  expect(pid).not.toBe(before.agent);
});

test('a held process stays dead until it is released', async () => {
  await kubelet.hold(pod, 'agent');
  expect(kubelet.processes(pod).agent).toBeUndefined();
  kubelet.release(pod, 'agent');
  expect(kubelet.processes(pod).agent).toBeDefined();
});

test('a pod made anew keeps its data, and its processes start anew with a token of the new pod', async () => {
  const { data, token } = kubelet.files(pod);
  const before = kubelet.processes(pod);
  const gone = once(kubelet, 'gone');
  await stack.kubectl(['delete', 'pod', 'gw-0', '-n', namespace]);
  await gone;
  await kubelet.running(pod);
  expect(kubelet.processes(pod).gateway).not.toBe(before.gateway);
  expect(claims(readFileSync(token, 'utf8'))['kubernetes.io'].pod.uid).toBe(await uidOfPod());
  expect(existsSync(join(data, 'gateway.starts'))).toBe(true);
});

test('as with a native sidecar the gateway starts when the agent says so, after the init containers; an agent that is started anew leaves it alone', async () => {
  const { data } = kubelet.files(pod);
  writeFileSync(join(data, 'closed'), '');
  rmSync(join(data, 'init.starts'));
  const gone = once(kubelet, 'gone');
  const agent = heard((item) => item.role === 'agent' && item.what === 'started');
  await stack.kubectl(['delete', 'pod', 'gw-0', '-n', namespace]);
  await gone;
  await agent;
  expect(existsSync(join(data, 'init.starts'))).toBe(true);
  expect(kubelet.processes(pod).gateway).toBeUndefined();
  const again = heard((item) => item.role === 'agent' && item.what === 'started');
  kubelet.kill(pod, 'agent');
  await again;
  expect(kubelet.processes(pod).gateway).toBeUndefined();
  const gateway = heard((item) => item.role === 'gateway' && item.what === 'started');
  rmSync(join(data, 'closed'));
  const { pid } = await gateway;
  expect(kubelet.processes(pod).gateway).toBe(pid);
});

test('pods come and go while the apiserver was away', async () => {
  await stack.kill('kube-apiserver');
  await stack.start('kube-apiserver');
  const started = heard((item) => item.pod === `${namespace}/gw-1` && item.what === 'started');
  await stack.kubectl(['scale', 'statefulset', 'gw', '--replicas=2', '-n', namespace]);
  await started;
  const gone = Promise.all([once(kubelet, 'gone')]);
  await stack.kubectl(['delete', 'statefulset', 'gw', '-n', namespace]);
  await gone;
});
