import { randomBytes, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { IgnitionSync } from '../../src/api/v1alpha1/objects.ts';
import { GitHubApi } from '../activities/source/support/github-api.ts';
import { handOn, httpHost, makeCertificate, tlsFront } from '../activities/source/support/hosts.ts';
import { LfsServer } from '../activities/source/support/lfs-server.ts';
import { Workbench } from '../activities/source/support/workbench.ts';
import { NAME, OwnPlant, profileObject, secret, syncObject } from '../support/plant.ts';
import { PlantedSecrets } from './support/found-secrets.ts';

const SAMPLE_MS = 25;
const PATIENCE_MS = 120_000;
/** Encodings of payloads that are what they look like. */
const READABLE = new Set(['json/plain', 'binary/null', 'json/protobuf', 'binary/plain']);

/** Has characters that URLs, shells and headers spell otherwise. */
const made = (name: string): string => `planted/${name}+${randomBytes(12).toString('hex')}:@%`;
/** As few as an API key or a header takes. */
const plain = (name: string): string => `planted-${name}-${randomBytes(12).toString('hex')}`;
/** The part of a key in PEM that is no heading. */
const bodyOf = (pem: string): string => pem.split('\n').find((line) => line.length > 50 && !line.startsWith('-'))!;

/** A listening HTTP server. Disposing of it closes it. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<AsyncDisposable & { url: string }> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

/** A host that says aloud what it was shown. */
function echo(request: IncomingMessage, response: ServerResponse): void {
  const login = Buffer.from((request.headers.authorization ?? '').replace('Basic ', ''), 'base64').toString();
  response.writeHead(login === '' ? 401 : 403, { 'www-authenticate': 'Basic realm="git"', 'content-type': 'text/plain' });
  response.end(`You are not let in with ${login} (${request.headers.authorization ?? ''})\n`);
}

function objectOf(name: string, git: object, secretName: string): object {
  return {
    ...syncObject(''),
    metadata: { name },
    spec: {
      git: { ref: 'main', ...git },
      gateway: { apiKeySecretRef: { name: 'ignition-api-key', key: 'apiKey' } },
      polling: { interval: '30s' },
      webhook: { secretRef: { name: secretName, key: 'hmac' } },
    },
  };
}

test('secrets that were planted wherever one has its place are found nowhere else after syncs that succeed and syncs that fail', async () => {
  const secrets = new PlantedSecrets();
  const plant_ = (name: string, value: string, ...users: string[]): string => {
    secrets.plant(name, value, ...users);
    return value;
  };
  using bench = new Workbench();
  await using host = await httpHost(bench);
  await using lfs = await LfsServer.before(host.url);
  await using api = new GitHubApi();
  await using echoing = await serve(echo);
  const apiUrl = await api.listen();
  const own = makeCertificate(bench.folder, 'IP:127.0.0.1');
  await using tls = await tlsFront(host.client.address.httpUrl, own);
  const proxyLogin = plant_('password for the proxy', plain('proxy'), 'squid');
  await using proxy = await serve((request, response) => {
    const { pathname, search } = new URL(request.url ?? '');
    if (request.headers['proxy-authorization'] !== `Basic ${Buffer.from(`squid:${proxyLogin}`).toString('base64')}`) {
      response.writeHead(407, { 'proxy-authenticate': 'Basic realm="proxy"' }).end();
      return;
    }
    handOn(`${host.client.address.httpUrl}${pathname}${search}`, request, response);
  });
  await host.client.createRepository('open');
  const open = host.client.url('open');

  const tokens = ['first', 'second', 'third'].map((name) => plant_(`${name} git token`, made(name), 'git'));
  const allow = async (token: string): Promise<void> => {
    lfs.credential = `git:${token}`;
    await host.client.setCredentials('plant', { username: 'git', password: token });
  };
  await allow(tokens[0]!);
  const apiKey = plant_('API key of the gateways', plain('api-key'));
  await using plant = await OwnPlant.start({ replicas: 1, apiKey: `ignition-sync:${apiKey}` });
  const { installation, stack } = plant;
  const folder = dirname(installation.pods);
  secrets.plant('key that signs tickets', bodyOf(readFileSync(join(folder, 'ticket-key.pem'), 'utf8')));
  secrets.plant(
    'token of a pod',
    readFileSync(join(installation.pods, plant.namespace, 'gateway-0', 'token'), 'utf8')
      .trim()
      .split('.')[2]!,
  );
  const kubeconfig = readFileSync(stack.kubernetes.kubeconfigFile, 'utf8');
  const login = /(?:token|client-key-data): (\S+)/.exec(kubeconfig)?.[1];
  if (login !== undefined) secrets.plant('login at the Kubernetes API', login);

  let processes = 0;
  const sampling = setInterval(() => (processes += secrets.lookAtProcesses()), SAMPLE_MS);
  const pem = plant_('private key of a GitHub App', bodyOf(api.privateKey)) && api.privateKey;
  const hmac = plant_('webhook secret', plain('hmac'));
  const refused = plant_('token that is refused', made('refused'), 'git');
  const shown = plant_('token that the host says aloud', made('shown'), 'git');
  const sshKey = plant_('what is no ssh key', plain('ssh'));
  const wrongProxy = plant_('password that the proxy refuses', plain('wrong-proxy'), 'squid');
  const brokenPem = plant_('what is no key of a GitHub App', plain('pem'));
  const revokedPem = new GitHubApi().privateKey;
  secrets.plant('revoked key of a GitHub App', bodyOf(revokedPem));
  const overTls = plant_('token for a host that is not trusted', made('tls'), 'git');
  const senders = ['a bearer token', 'a signature'].map((name) => plant_(`${name} of a stranger`, plain('sender')));
  const stranger = plant_('token of a stranger at the relay', plain('relay'));

  const of = (name: string, key: string) => ({ secretRef: { name, key } });
  await plant.apply(
    secret('git', { first: tokens[0]!, hmac, refused, shown, ssh: sshKey, tls: overTls, known_hosts: '' }),
    secret('proxy', { right: `squid:${proxyLogin}`, wrong: `squid:${wrongProxy}` }),
    secret('app', { right: pem, broken: brokenPem, revoked: revokedPem }),
    profileObject([{ source: 'p', destination: 'projects/p' }]),
  );
  const files = (n: number) => ({ 'p/project.json': '{"title":"p"}', 'p/n.txt': String(n), 'p/logo.png': lfs.put(randomBytes(5_000)) });
  const app = { appId: api.appId, installationId: api.installationId, apiUrl };
  const expected: Readonly<Record<string, { git: object; reason: string }>> = {
    'wrong-token': { git: { repo: host.url, auth: { token: of('git', 'refused') } }, reason: 'AuthenticationFailed' },
    echo: { git: { repo: `${echoing.url}/plant.git`, auth: { token: of('git', 'shown') } }, reason: 'AuthenticationFailed' },
    'app-works': { git: { repo: open, auth: { githubApp: { ...app, ...of('app', 'right') } } }, reason: 'True' },
    'app-broken': { git: { repo: open, auth: { githubApp: { ...app, ...of('app', 'broken') } } }, reason: 'AuthenticationFailed' },
    'app-revoked': { git: { repo: open, auth: { githubApp: { ...app, ...of('app', 'revoked') } } }, reason: 'AuthenticationFailed' },
    'proxy-works': { git: { repo: open, proxy: { url: proxy.url, ...of('proxy', 'right') } }, reason: 'True' },
    'proxy-refuses': { git: { repo: open, proxy: { url: proxy.url, ...of('proxy', 'wrong') } }, reason: 'AuthenticationFailed' },
    'no-proxy-login': { git: { repo: open, proxy: { url: proxy.url } }, reason: 'AuthenticationFailed' },
    untrusted: { git: { repo: `${tls.url}/plant.git`, auth: { token: of('git', 'tls') } }, reason: 'TlsUntrusted' },
    'no-secret': { git: { repo: host.url, auth: { token: of('git', 'missing') } }, reason: 'SecretNotFound' },
    ssh: {
      git: { repo: 'ssh://git@127.0.0.1:1/plant.git', auth: { sshKey: { ...of('git', 'ssh'), insecureIgnoreHostKey: true } } },
      reason: 'HostUnreachable',
    },
  };
  const openCommit = async (): Promise<void> => {
    const { GitFixture } = await import('../activities/source/support/git-fixture.ts');
    new GitFixture(host.client.repositoryPath('open')).commit({ 'p/project.json': '{}' });
  };
  await openCommit();
  const first = host.repo.commit(files(1));
  await plant.apply(
    objectOf(NAME, { repo: lfs.url, auth: { token: of('git', 'first') }, lfs: true }, 'git'),
    ...Object.entries(expected).map(([name, { git }]) => objectOf(name, git, 'git')),
  );
  await plant.synced(first);

  const push = `${installation.receiverUrl}/webhooks/${plant.namespace}/${NAME}`;
  const body = JSON.stringify({ ref: 'refs/heads/main' });
  const signed = (key: string) => ({ 'x-hub-signature-256': `sha256=${createHmac('sha256', key).update(body).digest('hex')}` });
  const headers = [
    signed(senders[1]!),
    { authorization: `Bearer ${senders[0]!}` },
    { 'x-hub-signature-256': senders[1]! },
    signed(hmac),
    { authorization: `Bearer ${hmac}` },
  ];
  const answers: number[] = [];
  for (const header of headers)
    answers.push((await fetch(push, { method: 'POST', body, headers: { 'content-type': 'application/json', ...header } })).status);
  expect(answers.map((status) => status < 300)).toEqual([false, false, false, true, true]);
  const atRelay = await fetch(`${installation.relayUrl}/v1/hello`, {
    method: 'POST',
    body: '{}',
    headers: { authorization: `Bearer ${stranger}` },
  });
  expect(atRelay.ok).toBe(false);

  await allow(tokens[1]!);
  await plant.apply(secret('git', { first: tokens[1]!, hmac, refused, shown, ssh: sshKey, tls: overTls, known_hosts: '' }));
  const second = host.repo.commit(files(2));
  await plant.signal('syncNow', { reason: 'test' });
  await plant.synced(second);
  installation.kill('source');
  await plant.faults('gateway-0', { refuseToken: 401 });
  await allow(tokens[2]!);
  await plant.apply(secret('git', { first: tokens[2]!, hmac, refused, shown, ssh: sshKey, tls: overTls, known_hosts: '' }));
  host.repo.commit(files(3));
  await plant.signal('syncNow', { reason: 'test' });
  await plant.until('the gateway refuses its key', (_, gateways) =>
    JSON.stringify(gateways.map(({ status }) => status)).includes('GatewayAuthFailed'),
  );
  await seen(plant, expected);
  clearInterval(sampling);

  for (const token of api.tokens) secrets.plant('token of an installation', token, 'x-access-token');
  secrets.plant('signature of a GitHub App', Buffer.from('{"alg":"RS256","typ":"JWT"}').toString('base64url'));
  const places = /(^|\/)(token|api-key|ticket-key\.pem)$/;
  const read = secrets.lookBelow(folder, (name) => places.test(name));
  const ofServers = secrets.lookBelow(stack.description.dataDir, (name) => /etcd|kubeconfig|\.(key|pem|crt|csv)$|^git\/|token/.test(name));
  secrets.lookBelow(bench.folder, (name) => /\.(key|pem|csr|srl)$/.test(name));
  for (const name of readdirSync(tmpdir())) if (name.startsWith('ignition-sync-git-')) secrets.lookBelow(join(tmpdir(), name), () => false);
  for (const kind of ['events', 'isync', 'igw', 'syncprofile', 'pods', 'configmaps', 'statefulsets'])
    secrets.look(`kubectl get ${kind}`, await plant.kubectl(['get', kind, '-o', 'json']));
  let histories = 0;
  for await (const { workflowId, runId } of plant.temporal.workflow.list()) {
    const handle = plant.temporal.workflow.getHandle(workflowId, runId);
    const history = await handle.fetchHistory();
    secrets.lookInto(`history of ${workflowId}`, history);
    secrets.lookInto(`description of ${workflowId}`, (await handle.describe()).raw);
    expect([...encodingsIn(history)].filter((encoding) => !READABLE.has(encoding))).toEqual([]);
    histories += 1;
  }
  console.log(
    `${secrets.count} secrets: ${read} files of ours, ${ofServers} of the servers, ${histories} histories, ${processes} looks at processes`,
  );
  expect(secrets.count).toBeGreaterThanOrEqual(20);
  expect(Math.min(read, ofServers, histories, processes)).toBeGreaterThan(10);
  expect([...secrets.found]).toEqual([]);
}, 600_000);

/** Resolves when each object says what it should about its ref. */
async function seen(plant: OwnPlant, expected: Readonly<Record<string, { reason: string }>>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const { items } = JSON.parse(await plant.kubectl(['get', 'isync', '-o', 'json'])) as { items: IgnitionSync[] };
    const said = Object.fromEntries(
      Object.keys(expected).map((name) => {
        const condition = items
          .find(({ metadata }) => metadata.name === name)
          ?.status?.conditions?.find(({ type }) => type === 'RefResolved');
        return [name, condition?.status === 'True' ? 'True' : condition?.reason];
      }),
    );
    const wanted = Object.fromEntries(Object.entries(expected).map(([name, { reason }]) => [name, reason]));
    if (Date.now() > deadline) expect(said).toEqual(wanted);
    if (JSON.stringify(said) === JSON.stringify(wanted)) return;
    await setTimeout(500);
  }
}

/** How payloads anywhere in a history are encoded. */
function* encodingsIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  for (const [key, one] of Object.entries(value)) {
    if (key === 'encoding' && one instanceof Uint8Array) yield Buffer.from(one).toString();
    yield* encodingsIn(one);
  }
}
