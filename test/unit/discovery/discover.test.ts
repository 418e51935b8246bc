import { discover, type DiscoveredPod, type KnownGateway } from '../../../src/domain/discovery.ts';

const pod = (name: string, annotations: Record<string, string> = {}, createdAt = '2026-01-01T00:00:00Z'): DiscoveredPod => ({
  name,
  labels: {},
  annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`ignition-sync.io/${key}`, value])),
  createdAt,
});
const known = (name: string, podName = name, sync = 'plant'): KnownGateway => ({
  name,
  spec: {
    syncRef: { name: sync },
    excludePatterns: [],
    pod: { name: podName, labels: {}, annotations: {} },
  },
});
const usersOwn = (name: string): KnownGateway => ({ name, spec: { syncRef: { name: 'plant' }, excludePatterns: [] } });

/** Gateways as `name<pod>sync`, with the reason of a fault. */
function summary(pods: DiscoveredPod[], syncs: string[], gateways: KnownGateway[]) {
  const { wanted, refused, renamed, podless } = discover(pods, syncs, gateways);
  return {
    wanted: wanted.map(({ name, spec, fault }) => `${name}<${spec.pod?.name}>${spec.syncRef.name}${fault ? ` ${fault.reason}` : ''}`),
    refused: refused.map(({ pod: name, fault }) => `${name} ${fault.reason}`),
    renamed: renamed.map(({ name }) => name),
    podless: podless.map(({ name }) => name),
  };
}

const nothing = { wanted: [], refused: [], renamed: [], podless: [] };

test.each([
  { when: 'nothing is there', pods: [], syncs: [], gateways: [], then: {} },
  { when: 'one pod and one object are there', pods: [pod('a')], syncs: ['plant'], gateways: [], then: { wanted: ['a<a>plant'] } },
  {
    when: 'the pod has another name as gateway',
    pods: [pod('a', { 'gateway-name': 'g' })],
    syncs: ['plant'],
    gateways: [],
    then: { wanted: ['g<a>plant'] },
  },
  { when: 'no object is there', pods: [pod('a')], syncs: [], gateways: [], then: { refused: ['a InvalidSpec'] } },
  { when: 'two objects are there', pods: [pod('a')], syncs: ['x', 'y'], gateways: [], then: { refused: ['a InvalidSpec'] } },
  { when: 'the pod says which of two', pods: [pod('a', { 'cr-name': 'y' })], syncs: ['x', 'y'], gateways: [], then: { wanted: ['a<a>y'] } },
  { when: 'a second object appears', pods: [pod('a')], syncs: ['plant', 'x'], gateways: [known('a')], then: { wanted: ['a<a>plant'] } },
  {
    when: 'the pod moves to another object',
    pods: [pod('a', { 'cr-name': 'x' })],
    syncs: ['plant', 'x'],
    gateways: [known('a')],
    then: { wanted: ['a<a>x'] },
  },
  {
    when: 'a known pod names an object that is not there',
    pods: [pod('a', { 'cr-name': 'x' })],
    syncs: ['plant'],
    gateways: [known('a')],
    then: { wanted: ['a<a>plant InvalidSpec'] },
  },
  { when: 'the pod is away', pods: [], syncs: ['plant'], gateways: [known('a')], then: { podless: ['a'] } },
  { when: "the gateway is a user's own", pods: [], syncs: ['plant'], gateways: [usersOwn('a')], then: {} },
  {
    when: 'the pod got another name',
    pods: [pod('a', { 'gateway-name': 'g' })],
    syncs: ['plant'],
    gateways: [known('a')],
    then: { wanted: ['g<a>plant'], renamed: ['a'] },
  },
  {
    when: 'two pods claim one name, the older first',
    pods: [pod('a', { 'gateway-name': 'g' }, '2026-01-02T00:00:00Z'), pod('b', { 'gateway-name': 'g' })],
    syncs: ['plant'],
    gateways: [],
    then: { wanted: ['g<b>plant', 'a<a>plant GatewayOwnedByOther'] },
  },
  {
    when: 'a younger pod has the name already',
    pods: [pod('a', { 'gateway-name': 'g' }), pod('b', { 'gateway-name': 'g' }, '2026-01-02T00:00:00Z')],
    syncs: ['plant'],
    gateways: [known('g', 'b')],
    then: { wanted: ['g<b>plant', 'a<a>plant GatewayOwnedByOther'] },
  },
  {
    when: 'pods of two objects claim one name',
    pods: [pod('a', { 'gateway-name': 'g', 'cr-name': 'x' }), pod('b', { 'gateway-name': 'g', 'cr-name': 'y' })],
    syncs: ['x', 'y'],
    gateways: [],
    then: { wanted: ['g<a>x', 'b<b>y GatewayOwnedByOther'] },
  },
  {
    when: 'a pod claims the own name of another',
    pods: [pod('a', { 'gateway-name': 'b' }), pod('b', {}, '2026-01-02T00:00:00Z')],
    syncs: ['plant'],
    gateways: [],
    then: { wanted: ['b<a>plant'], refused: ['b GatewayOwnedByOther'] },
  },
  {
    when: "the name is of a user's own gateway",
    pods: [pod('a', { 'gateway-name': 'g' })],
    syncs: ['plant'],
    gateways: [usersOwn('g')],
    then: { wanted: ['a<a>plant GatewayOwnedByOther'] },
  },
  {
    when: "the pod's own name is of a user's own gateway",
    pods: [pod('g')],
    syncs: ['plant'],
    gateways: [usersOwn('g')],
    then: { refused: ['g GatewayOwnedByOther'] },
  },
  {
    when: 'the pod of a name is gone and another takes it',
    pods: [pod('b', { 'gateway-name': 'g' })],
    syncs: ['plant'],
    gateways: [known('g', 'a')],
    then: { wanted: ['g<b>plant'] },
  },
  {
    when: 'the name is none',
    pods: [pod('a', { 'gateway-name': 'A B' })],
    syncs: ['plant'],
    gateways: [],
    then: { wanted: ['a<a>plant InvalidSpec'] },
  },
])('when $when', ({ pods, syncs, gateways, then }) => {
  expect(summary(pods, syncs, gateways)).toEqual({ ...nothing, ...then });
});

test('the order of pods does not matter', () => {
  const pods = [pod('a', { 'gateway-name': 'g' }), pod('b', { 'gateway-name': 'g' }), pod('c')];
  expect(summary(pods.toReversed(), ['plant'], [])).toEqual(summary(pods, ['plant'], []));
});

test('a profile counts more than a service path, and whoever gives both is told so', () => {
  const [gateway] = discover([pod('a', { 'sync-profile': 'site', 'service-path': 'areas/1' })], ['plant'], []).wanted;
  expect(gateway!.spec).toMatchObject({ profileRef: { name: 'site' } });
  expect(gateway!.spec).not.toHaveProperty('servicePath');
  expect(gateway).not.toHaveProperty('fault');
  expect(gateway!.warning).toEqual({
    reason: 'InvalidSpec',
    message:
      'pod a: annotation ignition-sync.io/service-path ("areas/1") has no effect beside ignition-sync.io/sync-profile ("site"), whose mappings count: remove one of the two.',
  });
});

test('an annotation that is one of ours but for a slip is named with the one that is meant; other ones are for templates', () => {
  const [gateway] = discover([pod('a', { 'sync-profil': 'site', area: 'north' })], ['plant'], []).wanted;
  expect(gateway).not.toHaveProperty('fault');
  expect(gateway!.warning).toEqual({
    reason: 'InvalidSpec',
    message: 'pod a: annotation ignition-sync.io/sync-profil has no effect, but in templates: is ignition-sync.io/sync-profile meant?',
  });
});

test.each([
  { 'sync-profile': 'site', 'service-path': ' ' },
  { 'sync-profile': '', 'service-path': '.' },
])('an empty annotation is none: %j warns of nothing', (annotations) =>
  expect(discover([pod('a', annotations)], ['plant'], []).wanted[0]).not.toHaveProperty('warning'),
);

test('a tag provider goes to the gateway with the other annotations of its pod', () => {
  const [gateway] = discover([pod('a', { 'tag-provider': 'plant' })], ['plant'], []).wanted;
  expect(gateway!.spec.pod!.annotations).toEqual({ 'ignition-sync.io/tag-provider': 'plant' });
  expect(gateway).not.toHaveProperty('warning');
});

test.each(['ref-override', 'sync-period'])('%s is not built yet, and that is said', (annotation) => {
  const [gateway] = discover([pod('a', { [annotation]: 'x' })], ['plant'], []).wanted;
  expect(gateway).toMatchObject({
    warning: { reason: 'NotSupportedYet', message: expect.stringContaining(`ignition-sync.io/${annotation} is not built yet`) as string },
  });
  expect(gateway).not.toHaveProperty('fault');
});

test('the pair that a pod names is that of its gateway', () => {
  const { wanted } = discover([pod('a', { 'redundant-pair': ' line ' }), pod('b')], ['plant'], []);
  expect(wanted.map(({ spec }) => spec.redundantPair)).toEqual(['line', undefined]);
});
