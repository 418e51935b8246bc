import { NAME, Plant, syncObject } from '../support/plant.ts';
import { KINDS } from '../support/bad-input/cases.ts';
import { expectSaidAndMended } from '../support/bad-input/expect-said.ts';
import { World } from '../support/bad-input/world.ts';
import { filesOf } from '../support/tree.ts';
import { VIEW, project } from '../support/working-copy.ts';

/** What users do wrong: said at the earliest place that can know it, in kubectl and in Temporal, and no gateway is touched. */
let world: World;
let plant: Plant;
beforeAll(async () => {
  plant = await Plant.shared();
  world = await World.start(plant);
}, 120_000);
afterAll(() => world[Symbol.asyncDispose](), 60_000);

test.each(KINDS)('$name: said where people look, no gateway is touched, and it is over when it is mended', (badInput) =>
  expectSaidAndMended(world, badInput),
);

test('a gateway that does not know the API key: the rollout holds before anything is changed there, and goes on when asked', async () => {
  const before = [world.everyFile(), plant.commits('gateway-0')];
  await plant.faults('gateway-0', { refuseToken: 401 });
  const commit = await world.copy.push(project('with another key'));
  await plant.until('the rollout holds', (sync) => sync?.status?.rollout?.commit === commit && sync.status.rollout.state === 'Holding');
  expect(plant.condition('Ready')!.message).toMatch(/^gateway-0 failed: GatewayAuthFailed: .*spec\.gateway\.apiKeySecretRef: put the one/);
  expect(await plant.kubectl(['get', 'igw', 'gateway-0'])).toMatch(/ Failed .* GatewayAuthFailed /);
  expect(await plant.kubectl(['get', 'isync', NAME])).toContain('retryGateway, abort or a new commit');
  expect([world.everyFile(), plant.commits('gateway-0')]).toEqual(before);
  await plant.faults('gateway-0', { refuseToken: null });
  await plant.signal('retryGateway', { gateway: 'gateway-0' });
  await plant.synced(commit);
});

test('after all of this a commit goes out as ever', async () => {
  await world.backToGood();
  const commit = await world.copy.push(project('last'));
  await plant.synced(commit);
  for (const gateway of plant.gateways) expect([...filesOf(plant.data(gateway)).keys()]).toContain(VIEW);
});

test.each([
  {
    name: 'a destination above the root',
    object: () => world.profile({ destination: '../etc' }),
    says: /spec\.mappings\[0\]: .*must not contain "\.\."/,
  },
  {
    name: 'an absolute destination',
    object: () => world.profile({ destination: '/etc' }),
    says: /spec\.mappings\[0\]: .*leave out the leading slash/,
  },
  {
    name: 'where 8.1 kept its tags',
    object: () => world.profile({ destination: 'config/tags/default' }),
    says: /spec\.mappings\[0\]\.destination: .*config\/resources\/core\/ignition\/tag-type-definition\/<provider>/,
  },
  {
    name: 'a place of the gateway itself',
    object: () => world.profile({ destination: 'db' }),
    says: /spec\.mappings\[0\]\.destination: .*Allowed: projects/,
  },
  {
    name: 'a field that is spelled wrong',
    object: () => world.profile({ destinaton: 'projects' }),
    says: /unknown field "spec\.mappings\[0\]\.destinaton"/,
  },
  {
    name: 'a number where a duration belongs',
    object: () => syncObject(world.copy.url, { polling: { interval: 5 } }),
    says: /spec\.polling\.interval/,
  },
  { name: 'no URL', object: () => syncObject('git.example/plant'), says: /spec\.git\.repo: .*must be a URL: https:/ },
  {
    name: 'credentials in clear text',
    object: () => world.sync({ repo: 'http://git.example/plant.git' }),
    says: /spec\.git\.repo: .*Use https, or set insecureHttp: true/,
  },
  {
    name: 'a feature that is not built',
    object: () => syncObject(world.copy.url, { rateLimit: {} }),
    says: /spec\.rateLimit: .*leave it out\. spec\.rollout\.waveSize/,
  },
])('$name: refused by kubectl apply, in words, and nothing changes', async ({ object, says }) => {
  const before = [plant.sync()!.metadata.generation, world.everyFile()];
  await expect(plant.apply(object())).rejects.toThrow(says);
  expect([plant.sync()!.metadata.generation, world.everyFile()]).toEqual(before);
});
