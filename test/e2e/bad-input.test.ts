import { once } from 'node:events';
import { rmSync, symlinkSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { NAMESPACE, NAME, Plant, profileObject, secret, syncObject } from '../support/plant.ts';
import { until } from '../support/processes.ts';
import { filesOf } from '../support/tree.ts';
import { VIEW, WorkingCopy, project } from '../support/working-copy.ts';

/** What users do wrong: said at the earliest place that can know it, in kubectl and in Temporal, and no gateway is touched. */
let plant: Plant;
let copy: WorkingCopy;
let locked: WorkingCopy;
let noRepository: Server;

const MAPPINGS = [{ source: 'projects', destination: 'projects' }];
const token = (name: string, key = 'token') => ({ auth: { token: { secretRef: { name, key } } } });
const sync = (git: object = {}) => syncObject(copy.url, { polling: { interval: '5s' }, git: { repo: copy.url, ref: 'main', ...git } });
const profile = (mapping: object, spec: object = {}) => profileObject([{ ...MAPPINGS[0], ...mapping }], spec);

beforeAll(async () => {
  plant = await Plant.start();
  copy = await WorkingCopy.create(plant.stack, 'good');
  locked = await WorkingCopy.create(plant.stack, 'locked');
  const commit = await copy.push(project('first'));
  await locked.git('pull', '--quiet', copy.url, 'main');
  await locked.git('push', '--quiet', 'origin', 'main');
  await plant.stack.git.setCredentials('locked', { username: 'git', password: 'right' });
  noRepository = createServer((_, response) => response.end('<html>It works!</html>\n')).listen(0, '127.0.0.1');
  await once(noRepository, 'listening');
  await plant.apply(profileObject(MAPPINGS), sync());
  await plant.synced(commit);
}, 120_000);
afterAll(async () => {
  noRepository.close();
  rmSync(copy.dir, { recursive: true });
  rmSync(locked.dir, { recursive: true });
  await plant[Symbol.asyncDispose]();
}, 60_000);

const head = () => copy.git('rev-parse', 'HEAD');
const kubectl = (...args: string[]) => plant.stack.kubectl(['-n', NAMESPACE, ...args]);
const everyFile = () => plant.gateways.map((gateway) => [...filesOf(plant.data(gateway))].sort());

interface BadInput {
  readonly name: string;
  /** What the user does. */
  readonly bad: () => Promise<unknown>;
  readonly reason: string;
  /** What every message about it contains: the field or path, and the fix. */
  readonly says: readonly string[];
  /** Whether it is known before a rollout begins. */
  readonly knownBy: 'the object' | 'its rollout';
  /** What the user does then; whatever it is, it must be noticed without being told. */
  readonly mend: () => Promise<unknown>;
  /** Takes away what the next case must not find. */
  readonly then?: () => Promise<unknown>;
}

const backToGood = () => plant.apply(profileObject(MAPPINGS), sync());

const CASES: BadInput[] = [
  {
    name: 'a ref that the repository does not have',
    bad: () => plant.apply(sync({ ref: 'mian' })),
    reason: 'RefNotFound',
    says: ['spec.git.ref "mian"', 'It has main'],
    knownBy: 'the object',
    mend: backToGood,
  },
  {
    name: 'a token in a Secret that does not exist',
    bad: () => plant.apply(sync(token('nowhere'))),
    reason: 'SecretNotFound',
    says: ['Secret plant/nowhere does not exist', 'create it with the key token'],
    knownBy: 'the object',
    mend: () => plant.apply(secret('nowhere', { token: 'any' })),
  },
  {
    name: 'a token in a Secret without that key',
    bad: () => plant.apply(sync(token('ignition-api-key', 'tokn'))),
    reason: 'SecretNotFound',
    says: ['Secret plant/ignition-api-key has no key tokn (it has apiKey)', 'add the key or name another'],
    knownBy: 'the object',
    mend: backToGood,
  },
  {
    name: 'an ssh URL without a key',
    bad: () => plant.apply(sync({ repo: 'git@git.example:plant.git' })),
    reason: 'InvalidSpec',
    says: ['spec.git.repo is an ssh URL', 'name a private key in spec.git.auth.sshKey.secretRef'],
    knownBy: 'the object',
    mend: backToGood,
  },
  {
    name: 'an address where there is no repository',
    bad: () => plant.apply(sync({ repo: copy.url.replace('good', 'nothing') })),
    reason: 'RepositoryNotFound',
    says: ['/nothing.git', 'check spec.git.repo and spec.git.auth'],
    knownBy: 'the object',
    mend: backToGood,
  },
  {
    name: 'an address where a web page answers',
    bad: () => plant.apply(sync({ repo: `http://127.0.0.1:${(noRepository.address() as AddressInfo).port}/plant.git` })),
    reason: 'RepositoryNotFound',
    says: ['/plant.git', 'check spec.git.repo and spec.git.auth'],
    knownBy: 'the object',
    mend: backToGood,
  },
  {
    name: 'a port where nobody listens',
    bad: () => plant.apply(sync({ repo: 'http://127.0.0.1:1/plant.git' })),
    reason: 'HostUnreachable',
    says: ['127.0.0.1', 'Check spec.git.repo'],
    knownBy: 'the object',
    mend: backToGood,
  },
  {
    name: 'a repository that wants credentials and gets none',
    bad: () => plant.apply(sync({ repo: locked.url })),
    reason: 'AuthenticationFailed',
    says: ['/locked.git refused the credential, or wants one', 'check the Secret that spec.git.auth names'],
    knownBy: 'the object',
    mend: backToGood,
  },
  {
    name: 'a token that the host refuses',
    bad: () => plant.apply(secret('git-token', { token: 'wrong' }), sync({ repo: locked.url, ...token('git-token') })),
    reason: 'AuthenticationFailed',
    says: ['/locked.git refused the credential', 'whether it has expired'],
    knownBy: 'the object',
    mend: () => plant.apply(secret('git-token', { token: 'right' })),
    then: backToGood,
  },
  {
    name: 'a git host that goes away',
    bad: () => plant.stack.git.setFault('good', 'down'),
    reason: 'HostUnreachable',
    says: ['127.0.0.1 does not answer', 'it is asked again'],
    knownBy: 'the object',
    mend: () => plant.stack.git.setFault('good', undefined),
  },
  {
    name: 'a mapping of something that the commit does not have',
    bad: () => plant.apply(profile({ source: 'projcts' })),
    reason: 'SourceNotFound',
    says: ['SyncProfile gateway: spec.mappings[0].source', 'has no projcts', 'Its root has 1 entry: projects', 'set required: false'],
    knownBy: 'its rollout',
    mend: backToGood,
  },
  {
    name: 'a profile that does not exist',
    bad: () => kubectl('delete', 'syncprofile', 'gateway'),
    reason: 'ProfileNotFound',
    says: ['gateway gateway-0: it wants SyncProfile gateway', 'create it'],
    knownBy: 'its rollout',
    mend: () => plant.apply(profileObject(MAPPINGS)),
  },
  {
    name: 'a variable that the profile does not define',
    bad: () => plant.apply(profile({ destination: 'projects/{{ Vars.site }}' })),
    reason: 'TemplateFailed',
    says: ['SyncProfile gateway: spec.mappings[0].destination', '{{ Vars.site }} is not known', 'Known: '],
    knownBy: 'its rollout',
    mend: backToGood,
  },
  {
    name: 'a label that the pod does not have, which only planning can know',
    bad: () => plant.apply(profile({ destination: 'projects/{{ Labels.site }}' })),
    reason: 'TemplateFailed',
    says: ['gateway gateway-0: SyncProfile gateway: spec.mappings[0].destination', '{{ Labels.site }} is not known', 'Labels.app'],
    knownBy: 'its rollout',
    mend: backToGood,
  },
  {
    name: 'a pattern that excludes from excludes',
    bad: () => plant.apply(profile({}, { excludePatterns: ['!projects/line'] })),
    reason: 'InvalidPattern',
    says: ['SyncProfile gateway: spec.excludePatterns[0] "!projects/line"', 'patterns only exclude'],
    knownBy: 'its rollout',
    mend: backToGood,
  },
  {
    name: 'a symbolic link under a mapping',
    bad: () => {
      symlinkSync('project.json', join(copy.dir, 'projects/line/link'));
      return copy.push({});
    },
    reason: 'UnsupportedContent',
    says: ['"projects/line/link" is a symbolic link', 'commit the file itself'],
    knownBy: 'its rollout',
    mend: () => copy.push({ 'projects/line/link': null }),
  },
  {
    name: 'a submodule under a mapping',
    bad: async () => {
      await copy.git('update-index', '--add', '--cacheinfo', `160000,${await head()},projects/line/sub`);
      await copy.git('commit', '--quiet', '--message', 'a submodule');
      await copy.git('push', '--quiet', 'origin', 'HEAD:main');
    },
    reason: 'UnsupportedContent',
    says: ['"projects/line/sub" is a submodule', 'commit the files themselves'],
    knownBy: 'its rollout',
    mend: async () => {
      await copy.git('rm', '--quiet', '--cached', 'projects/line/sub');
      await copy.push({});
    },
  },
  {
    name: 'names that differ only in case',
    bad: () => copy.push({ 'projects/line/Project.json': '{}' }),
    reason: 'NameCollision',
    says: ['"projects/line/Project.json" and "projects/line/project.json"', 'rename or exclude one of them'],
    knownBy: 'its rollout',
    mend: () => copy.push({ 'projects/line/Project.json': null }),
  },
];

test.each(CASES)(
  '$name: said where people look, no gateway is touched, and it is over when it is mended',
  async ({ bad, reason, says, knownBy, mend, then }) => {
    const before = everyFile();
    const [stalledSince, generation] = [plant.condition('Stalled')?.lastTransitionTime, plant.sync()!.status!.rollout!.number];
    try {
      await bad();
      await plant.until(`Stalled because of ${reason}`, () => {
        const stalled = plant.condition('Stalled');
        return stalled?.status === 'True' && stalled.reason === reason && stalled.lastTransitionTime !== stalledSince;
      });
      const { rollout, observedGeneration } = plant.sync()!.status!;

      // kubectl get, describe and events
      expect(plant.condition('Ready')).toMatchObject({ status: 'False', reason, observedGeneration });
      expect(plant.sync()!.metadata.generation).toBe(observedGeneration);
      const waitingFor = knownBy === 'the object' ? `${reason} to be mended` : 'a new commit or a changed object';
      await plant.until(waitingFor, (sync) => sync?.status?.waitingFor === waitingFor);
      expect(await kubectl('get', 'isync', NAME)).toMatch(new RegExp(` ${waitingFor} +False `));
      const isSaid = (text: string) => says.filter((part) => !text.replaceAll(/\s+/g, ' ').includes(part));
      expect(isSaid(plant.condition('Ready')!.message)).toEqual([]);
      await until(async () => isSaid(/^Events:[^]*/m.exec(await kubectl('describe', 'isync', NAME))?.[0] ?? '').length === 0);

      // the Temporal UI
      const id = knownBy === 'the object' ? `ignition-sync/${NAMESPACE}/${NAME}` : rollout!.id;
      if (knownBy === 'its rollout') {
        expect(rollout).toMatchObject({ state: 'Failed', reason });
        expect(rollout!.number).toBe(generation + 1);
      } else expect(rollout!.number).toBe(generation);
      expect(isSaid(await currentDetails(id))).toEqual([]);
      expect(await failedActivities(id)).toContain(reason);

      expect(everyFile()).toEqual(before);
    } finally {
      await mend(); // also for the next case
    }
    const commit = await head();
    if (knownBy === 'its rollout')
      await plant.until('a rollout of what was mended', (sync) => sync!.status!.rollout!.number > generation + 1);
    await plant.synced(commit);
    expect(plant.condition('Stalled')?.status).toBe('False');
    await then?.();
    await plant.synced(commit);
  },
);

test('a gateway that does not know the API key: the rollout holds before anything is changed there, and goes on when asked', async () => {
  const before = [everyFile(), plant.commits('gateway-0')];
  await plant.faults('gateway-0', { refuseToken: 401 });
  const commit = await copy.push(project('with another key'));
  await plant.until('the rollout holds', (sync) => sync?.status?.rollout?.commit === commit && sync.status.rollout.state === 'Holding');
  expect(plant.condition('Ready')!.message).toMatch(/^gateway-0 failed: GatewayAuthFailed: .*spec\.gateway\.apiKeySecretRef: put the one/);
  expect(await kubectl('get', 'igw', 'gateway-0')).toMatch(/ Failed .* GatewayAuthFailed /);
  expect(await kubectl('get', 'isync', NAME)).toContain('retryGateway, abort or a new commit');
  expect([everyFile(), plant.commits('gateway-0')]).toEqual(before);
  await plant.faults('gateway-0', { refuseToken: null });
  await plant.signal('retryGateway', { gateway: 'gateway-0' });
  await plant.synced(commit);
});

test('after all of this a commit goes out as ever', async () => {
  await backToGood();
  const commit = await copy.push(project('last'));
  await plant.synced(commit);
  for (const gateway of plant.gateways) expect([...filesOf(plant.data(gateway)).keys()]).toContain(VIEW);
});

test.each([
  {
    name: 'a destination above the root',
    object: () => profile({ destination: '../etc' }),
    says: /spec\.mappings\[0\]: .*must not contain "\.\."/,
  },
  {
    name: 'an absolute destination',
    object: () => profile({ destination: '/etc' }),
    says: /spec\.mappings\[0\]: .*leave out the leading slash/,
  },
  {
    name: 'where 8.1 kept its tags',
    object: () => profile({ destination: 'config/tags/default' }),
    says: /spec\.mappings\[0\]\.destination: .*config\/resources\/core\/ignition\/tag-type-definition\/<provider>/,
  },
  {
    name: 'a place of the gateway itself',
    object: () => profile({ destination: 'db' }),
    says: /spec\.mappings\[0\]\.destination: .*Allowed: projects/,
  },
  {
    name: 'a field that is spelled wrong',
    object: () => profile({ destinaton: 'projects' }),
    says: /unknown field "spec\.mappings\[0\]\.destinaton"/,
  },
  {
    name: 'a number where a duration belongs',
    object: () => syncObject(copy.url, { polling: { interval: 5 } }),
    says: /spec\.polling\.interval/,
  },
  { name: 'no URL', object: () => syncObject('git.example/plant'), says: /spec\.git\.repo: .*must be a URL: https:/ },
  {
    name: 'credentials in clear text',
    object: () => sync({ repo: 'http://git.example/plant.git' }),
    says: /spec\.git\.repo: .*Use https, or set insecureHttp: true/,
  },
  {
    name: 'a feature that is not built',
    object: () => syncObject(copy.url, { rateLimit: {} }),
    says: /spec\.rateLimit: .*leave it out\. spec\.rollout\.waveSize/,
  },
])('$name: refused by kubectl apply, in words, and nothing changes', async ({ object, says }) => {
  const before = [plant.sync()!.metadata.generation, everyFile()];
  await expect(plant.apply(object())).rejects.toThrow(says);
  expect([plant.sync()!.metadata.generation, everyFile()]).toEqual(before);
});

/** What the Temporal UI shows at the top of a run. */
async function currentDetails(workflowId: string): Promise<string> {
  const metadata = await plant.temporal.workflow.getHandle(workflowId).query<{ currentDetails?: string }>('__temporal_workflow_metadata');
  return (metadata.currentDetails ?? '').replaceAll(/\s+/g, ' ');
}

/** Types of the failures that the Temporal UI shows in red. */
async function failedActivities(workflowId: string): Promise<string[]> {
  const { events } = await plant.temporal.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap(({ activityTaskFailedEventAttributes: failed }) => failed?.failure?.applicationFailureInfo?.type ?? []);
}
