import { loadEnvironment, type ProcessName } from '../../../src/config/environment.ts';

const RIGHT = { TEMPORAL_ADDRESS: 'temporal:7233', RELAY_URL: 'http://relay', CONTENT_STORE_DIR: '/store', MIRROR_DIR: '/mirrors' };

test.each<{ process: ProcessName; set: Record<string, string>; says: string }>([
  { process: 'operator', set: { RECEIVER_PORT: 'abc' }, says: '"abc" is given, wanted is a whole number from 0 to 65535' },
  { process: 'operator', set: { RECEIVER_PORT: '70000' }, says: '"70000" is given, wanted is a whole number from 0 to 65535' },
  { process: 'relay', set: { RELAY_PORT: '' }, says: '"" is given, wanted is a whole number from 0 to 65535' },
  { process: 'agent', set: { STARTUP_GRACE_SECONDS: '60s' }, says: '"60s" is given, wanted is a whole number from 0 to 3600' },
  { process: 'agent', set: { TEMPORAL_TLS: 'maybe' }, says: '"maybe" is given, wanted is true or false (talk TLS to Temporal)' },
  { process: 'agent', set: { RELAY_URL: 'relay' }, says: '"relay" is given, wanted is a URL (where the relay is)' },
  { process: 'agent', set: { TEMPORAL_ADDRESS: '' }, says: 'must be set (host:port of the Temporal frontend)' },
  { process: 'source', set: { MIRROR_MAX_SIZE: '10G' }, says: 'write it like 500Mi or 10Gi' },
])('$process refuses $set, and says the variable, what was given and what is wanted', ({ process, set, says }) => {
  expect(() => loadEnvironment(process, { ...RIGHT, ...set })).toThrow(`✖ ${says}\n  → at ${Object.keys(set)[0]!}`);
});

test('numbers are numbers: those that are given, and those that are not', () => {
  expect(loadEnvironment('operator', { ...RIGHT, RECEIVER_PORT: '8443' }).RECEIVER_PORT).toBe(8443);
  expect(loadEnvironment('agent', RIGHT)).toMatchObject({ HEALTH_PORT: 8082, STARTUP_GRACE_SECONDS: 60 });
});
