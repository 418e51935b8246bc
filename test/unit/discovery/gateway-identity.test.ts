import { gatewayIdentity } from '../../../src/domain/gateway-identity.ts';

const named = (name: string) => gatewayIdentity({ name: 'pod-0', annotations: { 'ignition-sync.io/gateway-name': name } });

test('a pod that says nothing is the gateway of its own name', () => {
  expect(gatewayIdentity({ name: 'pod-0', annotations: {} })).toEqual({ name: 'pod-0' });
});

test.each(['site', 'site-1', 'a.b', '0'])('%s is a name', (name) => {
  expect(named(name)).toEqual({ name });
});

test.each([
  { said: 'Site 1', suggests: 'site-1' },
  { said: 'a/b', suggests: 'a-b' },
  { said: '-a', suggests: 'a' },
  { said: 'a..b', suggests: 'a-b' },
  { said: '', suggests: 'gateway-1' },
  { said: 'ü', suggests: 'gateway-1' },
  { said: 'a'.repeat(254), suggests: 'a'.repeat(63) },
])('"$said" is no name, and another is suggested', ({ said, suggests }) => {
  const { name, fault } = named(said);
  expect(name).toBe('pod-0');
  expect(fault).toEqual({ reason: 'InvalidSpec', message: expect.stringContaining(`such as ${suggests}.`) as string });
});
