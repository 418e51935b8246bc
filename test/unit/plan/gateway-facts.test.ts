import { isNeverOurs } from '../../../src/domain/plan/protection.ts';
import { plan, paths, refusal } from './support/plan.ts';

const CORE = 'config/resources/core';

// A row for each thing that is known of gateways about what is not a repository's; the numbers are those of test/unit/docs/gateway-facts.test.ts.
test.each([
  ['2.10.1', 'projects/.resources/3f/9d/blob', 'left out'],
  ['2.10.1', `${CORE}/.resources/3f/9d/blob`, 'left out'],
  ...['db/config.idb', 'metricsdb/x', 'var/x', 'jar-cache/x', 'certificates/x', 'gateway.xml', 'redundancy.xml', 'ignition.conf'].map(
    (path): [string, string, string] => ['2.10.2', path, 'left out'],
  ),
  ...['modules.json', 'commissioning.json', '.container-init.conf', 'config/local/x', 'config/ignition/keys/root.key'].map(
    (path): [string, string, string] => ['2.10.2', path, 'left out'],
  ),
  ['2.10.3', 'config/resources/local/config-mode.json', 'left out'],
  ['2.10.3', 'config/resources/local/com.inductiveautomation.opcua/server/keystore.pfx', 'left out'],
  ...[
    'user-source/default',
    'identity-provider/temp',
    'opc-connection/Ignition OPC UA Server',
    'gateway-network-queue-settings',
    'gateway-network-proxy-rules/x',
    'quickstart',
    'system-properties',
  ].map((resource): [string, string, string] => ['2.10.4', `${CORE}/ignition/${resource}/config.json`, 'left out']),
  ['2.10.4', `${CORE}/com.inductiveautomation.opcua/one-time/config.json`, 'left out'],
  ['2.10.7', 'projects/conversion-report.txt', 'left out'],
  ['2.10.7', 'config/migration-log-2026-01-01.md', 'left out'],
  ['3.3.2', 'modules.json', 'left out'],
  ['3.3.3', 'user-lib/modules/vision.modl', 'left out'],
  ['3.5.6', 'redundancy.xml', 'left out'],
  ['3.6.1', 'config/local/ignition/gateway-network/server/security/pki/trusted/certs/peer.crt', 'left out'],
  ['3.6.2', `${CORE}/ignition/gateway-network-incoming/peer/config.json`, 'left out'],
  ['3.6.3', 'config/local/ignition/uuid.txt', 'left out'],
  ['3.4.3', 'projects/Edge/project.json', 'taken'],
])('%s all of a repository onto all of a gateway: %s is %s', (_, path, is) => {
  expect(paths(plan({ tree: [path, 'projects/p/project.json'] }))).toEqual(
    is === 'taken' ? [path, 'projects/p/project.json'].sort() : ['projects/p/project.json'],
  );
});

test.each([
  ['2.10.2', 'db/config.idb'],
  ['2.10.3', 'config/resources/local/config-mode.json'],
  ['3.3.2', 'modules.json'],
  ['3.3.3', 'user-lib/modules/vision.modl'],
  ['3.5.6', 'redundancy.xml'],
  ['3.6.1', 'config/local/ignition/x'],
])('%s a mapping onto %s is refused, and nothing ever deletes it', (_, destination) => {
  expect(refusal(() => plan({ tree: ['x'], mappings: [{ source: 'x', destination }] }))).toMatch(/^PathNotAllowed: /);
  expect(isNeverOurs(destination)).toBe(true);
});
