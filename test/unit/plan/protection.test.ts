import { classify, isNeverOurs } from '../../../src/domain/plan/protection.ts';

const CORE = 'config/resources/core';

test.each([
  { path: 'projects/site/project.json', kind: 'allowed' },
  { path: 'projects/.gitkeep', kind: 'allowed' },
  { path: 'projects/site/ignition/script-python/db/code.py', kind: 'allowed' },
  { path: 'projects/site/var/local/modules.json', kind: 'allowed' },
  { path: `${CORE}/config-mode.json`, kind: 'allowed' },
  { path: 'config/resources/external/a', kind: 'allowed' },
  { path: 'config/resources/production/ignition/x/config.json', kind: 'allowed' },
  { path: `${CORE}/ignition/opc-connection/Kepware/config.json`, kind: 'allowed' },
  { path: `${CORE}/ignition/user-source/operators/users.json`, kind: 'allowed' },
  { path: `${CORE}/ignition/identity-provider/temperature/config.json`, kind: 'allowed' },
  { path: `${CORE}/ignition/tag-definition/default/System/tags.json`, kind: 'allowed' },
  { path: 'config/resources/production/ignition/user-source/default/users.json', kind: 'allowed' },
  { path: 'config/resources/external/ignition/api-token/deploy/config.json', kind: 'allowed' },
  { path: 'factory-config.json', kind: 'root-file' },
  { path: '.deployignore', kind: 'root-file' },
  { path: 'conversion-report.txt', kind: 'report' },
  { path: 'config/resources/core/migration-log-2026-01-01.md', kind: 'report' },
  { path: 'projects/site/Conversion-Report.txt', kind: 'report' },
  { path: 'projects/site/.git/config', kind: 'git-internal' },
  { path: 'projects/site/.GIT', kind: 'git-internal' },
  { path: '.git', kind: 'git-internal' },
])('$path is $kind', ({ path, kind }) => {
  expect(classify(path).kind).toBe(kind);
});

test.each([
  'db/config.idb',
  'metricsdb/x',
  'var/ignition/x',
  'jar-cache/a.jar',
  'certificates/supplemental/a.pem',
  'local/x',
  'config/local/ignition/uuid.txt',
  'config/ignition/keys/root.json',
  'config/com.inductiveautomation.opcua/x',
  'config/file.json',
  'config/resources/file.json',
  'config/resources/local/config-mode.json',
  'config/resources/Local/x',
  'config/resources/LOCAL/x',
  'config/resources/system/x',
  'config/resources/.hidden/x',
  'config/resources/.resources/ab/cdef',
  'projects/.resources/ab',
  'projects/site/com.inductiveautomation.perspective/.resources/ab',
  `${CORE}/.Resources/ab`,
  '.resources/x',
  '.ignition-sync/state.json',
  'projects/.ignition-sync/journal',
  'gateway.xml',
  'gateway.xml_clean',
  'Redundancy.XML',
  'ignition.conf',
  'modules.json',
  'vision.modl',
  'user-lib/modules/vision.modl',
  'commissioning.json',
  '.container-init.conf',
  '.ignition-seed-complete',
  '.alarms_gw',
  '.uuid',
  'abc.digest.json',
  'projects',
  'config',
  'Projects/site/project.json',
  'docs/readme.md',
  '../etc/passwd',
  'projects/../db/x',
  '/projects/x',
  'projects//x',
  'projects/./x',
  'projects/a\0b',
  '',
])('"%s" is never written and never deleted', (path) => {
  expect(classify(path).kind).toBe('forbidden');
  expect(isNeverOurs(path)).toBe(true);
});

test.each([
  { path: `${CORE}/ignition/gateway-network-queue-settings/config.json`, resource: `${CORE}/ignition/gateway-network-queue-settings` },
  { path: `${CORE}/ignition/gateway-network-proxy-rules/a/config.json`, resource: `${CORE}/ignition/gateway-network-proxy-rules` },
  { path: `${CORE}/ignition/gateway-network-incoming/a/config.json`, resource: `${CORE}/ignition/gateway-network-incoming` },
  { path: `${CORE}/ignition/quickstart/config.json`, resource: `${CORE}/ignition/quickstart` },
  { path: `${CORE}/ignition/api-token/deploy/config.json`, resource: `${CORE}/ignition/api-token` },
  { path: `${CORE}/com.inductiveautomation.opcua/one-time/x`, resource: `${CORE}/com.inductiveautomation.opcua/one-time` },
  {
    path: `${CORE}/ignition/opc-connection/Ignition OPC UA Server/config.json`,
    resource: `${CORE}/ignition/opc-connection/Ignition OPC UA Server`,
  },
  {
    path: `${CORE}/ignition/opc-connection/Ignition%20OPC%20UA%20Server/config.json`,
    resource: `${CORE}/ignition/opc-connection/Ignition%20OPC%20UA%20Server`,
  },
  { path: `${CORE}/ignition/user-source/default/users.json`, resource: `${CORE}/ignition/user-source/default` },
  { path: `${CORE}/ignition/user-source/temp_2/users.json`, resource: `${CORE}/ignition/user-source/temp_2` },
  { path: `${CORE}/ignition/user-source/opcua-module/users.json`, resource: `${CORE}/ignition/user-source/opcua-module` },
  { path: `${CORE}/ignition/identity-provider/temp/config.json`, resource: `${CORE}/ignition/identity-provider/temp` },
  { path: 'config/resources/Core/ignition/api-token/x', resource: 'config/resources/Core/ignition/api-token' },
])('$path belongs to the gateway at $resource', ({ path, resource }) => {
  expect(classify(path)).toEqual({ kind: 'runtime-owned', resource });
});

test.each(
  ['tag-provider', 'tag-definition', 'tag-type-definition', 'tag-group'].flatMap((type) =>
    ['System', 'MQTT Engine', 'MQTT%20Engine', 'MQTT Transmission', 'MQTT Distributor'].map((name) => ({ type, name })),
  ),
)('the $type of the managed provider $name is generated by the gateway', ({ type, name }) => {
  const resource = `config/resources/production/ignition/${type}/${name}`;
  expect(classify(`${resource}/config.json`)).toEqual({ kind: 'managed-provider', resource });
});

test.each(['core', 'external', 'production'])('system-properties in %s is made for each gateway', (collection) => {
  const resource = `config/resources/${collection}/ignition/system-properties`;
  expect(classify(`${resource}/config.json`)).toEqual({ kind: 'per-gateway', resource });
});
