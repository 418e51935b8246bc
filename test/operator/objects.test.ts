import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { IGNITION_SYNCS, SYNC_PROFILES } from '../../src/clients/kube/resources.ts';
import { Cluster, ignitionSync, syncProfile } from './cluster.ts';

const FOLDER = process.env['REAL_OBJECTS_DIR'] ?? '../shared/data/objects';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start();
});
afterAll(() => cluster.stop());

interface UserObject {
  kind: string;
  metadata: { name: string; namespace?: string };
}

/** Documents of a file, moved into the test's namespace. */
function documents(file: string): UserObject[] {
  return parseAllDocuments(readFileSync(join(FOLDER, file), 'utf8')).map((document) => {
    const object = document.toJS() as UserObject;
    return { ...object, metadata: { ...object.metadata, namespace: cluster.namespace } };
  });
}

const SHARED_RECEIVER = [/spec\.webhook\.port/, /one shared receiver/, /9443\/webhooks\/<namespace>\/<name>/];
const MOVED = [/spec\.mappings\[4\]\.destination/, /config\/resources\/core\/ignition\/tag-type-definition\/<provider>/];

// These files are not part of the project: where they are absent that is said below in one line.
(existsSync(FOLDER) ? describe : describe.skip)('objects that users will write', () => {
  test.each([
    { file: 'air-gap.yaml', name: 'offline', refused: undefined },
    { file: 'public-demo.yaml', name: 'demo-sync', refused: undefined },
    { file: 'public-demo.yaml', name: 'demo-frontend', refused: undefined },
    { file: 'public-demo.yaml', name: 'demo-backend', refused: undefined },
    { file: 'single.yaml', name: 'my-sync', refused: undefined },
    { file: 'single.yaml', name: 'single-gw', refused: undefined },
    { file: 'proveit.yaml', name: 'proveit-area', refused: undefined },
    { file: 'proveit.yaml', name: 'proveit-sync', refused: SHARED_RECEIVER },
    { file: 'proveit.yaml', name: 'proveit-site', refused: MOVED },
    {
      file: 'controls.yaml',
      name: 'controlled',
      refused: [/spec\.rateLimit.*not built yet/, /approval\.teams/, /approval\.webhook/, /spec\.validation/],
    },
  ])('$name of $file is answered as its README says', async ({ file, name, refused }) => {
    const object = documents(file).find(({ metadata }) => metadata.name === name)!;
    if (!refused) await cluster.apply(object);
    else for (const words of refused) expect(await cluster.refused(object)).toMatch(words);
  });

  test('each document of each file has a row above', () => {
    const files = ['air-gap.yaml', 'controls.yaml', 'proveit.yaml', 'public-demo.yaml', 'single.yaml'];
    expect(files.flatMap(documents)).toHaveLength(10);
  });
});

if (!existsSync(FOLDER))
  test('objects of real users are not here, so they are not applied', () => console.log(`no ${FOLDER}: set REAL_OBJECTS_DIR`));

test('the server fills in every default that users were promised', async () => {
  await cluster.apply(ignitionSync('defaults'));
  const { spec } = (await cluster.kube.get(IGNITION_SYNCS, cluster.namespace, 'defaults'))!;
  expect(spec).toMatchObject({
    polling: { interval: '60s' },
    gateway: { port: 8043, tls: true },
    approval: { required: false, timeout: '24h' },
    snapshots: { retain: 5 },
    rollout: { canary: 1, waveSize: 25 },
    excludePatterns: [],
    paused: false,
  });
});

const git = (change: object) => ignitionSync('bad', { git: { repo: 'https://git.example/a.git', ref: 'main', ...change } });
const mapping = (source: string, destination: string, more: object = {}) => syncProfile('bad', [{ source, destination, ...more }]);
const secretRef = { name: 's', key: 'k' };

test.each([
  { what: 'a repository that is not a URL', object: git({ repo: 'plant' }), says: /spec\.git\.repo: .*must be a URL: https:\/\/host/ },
  { what: 'an option instead of a repository', object: git({ repo: '--upload-pack=x' }), says: /spec\.git\.repo/ },
  { what: 'a host that is read as an option', object: git({ repo: 'git@-oProxyCommand=x:y' }), says: /spec\.git\.repo/ },
  { what: 'an ssh URL whose host is an option', object: git({ repo: 'ssh://-oProxyCommand=x/y' }), says: /spec\.git\.repo/ },
  { what: 'an unknown transport', object: git({ repo: 'ext::sh -c x' }), says: /spec\.git\.repo/ },
  {
    what: 'a password in the URL',
    object: git({ repo: 'https://me:secret@git.example/a.git' }),
    says: /spec\.git\.repo: .*holds a password/,
  },
  { what: 'a ref that starts with a dash', object: git({ ref: '--upload-pack=x' }), says: /spec\.git\.ref: .*must not start with a dash/ },
  { what: 'an empty ref', object: git({ ref: '' }), says: /spec\.git\.ref/ },
  { what: 'plain http', object: git({ repo: 'http://git.example/a.git' }), says: /spec\.git\.repo: .*plain http.*insecureHttp: true/ },
  {
    what: 'a token for ssh',
    object: git({ repo: 'git@h:a', auth: { token: { secretRef } } }),
    says: /spec\.git\.auth\.token: .*https URL/,
  },
  { what: 'Git LFS over ssh', object: git({ repo: 'git@h:a', lfs: true }), says: /spec\.git\.lfs: .*https URL/ },
  { what: 'a key for https', object: git({ auth: { sshKey: { secretRef } } }), says: /spec\.git\.auth\.sshKey: .*ssh URL/ },
  {
    what: 'an app for ssh',
    object: git({ repo: 'git@h:a', auth: { githubApp: { appId: 1, installationId: 2, secretRef } } }),
    says: /spec\.git\.auth\.githubApp: .*https URL/,
  },
  {
    what: 'an app whose API is plain http',
    object: git({ auth: { githubApp: { appId: 1, installationId: 2, secretRef, apiUrl: 'http://git.example/api/v3' } } }),
    says: /spec\.git\.auth\.githubApp\.apiUrl: .*https:/,
  },
  {
    what: 'a token and an app',
    object: git({ auth: { token: { secretRef }, githubApp: { appId: 1, installationId: 2, secretRef } } }),
    says: /exclude each other/,
  },
  { what: 'authorities from nowhere', object: git({ ca: {} }), says: /spec\.git\.ca: .*exactly one of/ },
  {
    what: 'authorities for ssh',
    object: git({ repo: 'git@h:a', ca: { secretRef } }),
    says: /spec\.git\.ca: .*https URL/,
  },
  { what: 'a proxy with a password in its URL', object: git({ proxy: { url: 'http://u:p@proxy:3128' } }), says: /spec\.git\.proxy\.url/ },
  { what: 'a proxy for ssh', object: git({ repo: 'git@h:a', proxy: { url: 'http://proxy:3128' } }), says: /spec\.git\.proxy: .*https URL/ },
  { what: 'a policy for moved tags that is none', object: git({ movedTags: 'ignore' }), says: /spec\.git\.movedTags/ },
  { what: 'a signature of nobody', object: git({ verify: 'commit' }), says: /spec\.git\.signers: .*git\.verify needs signers/ },
  { what: 'two ways to log in', object: git({ auth: { token: { secretRef }, sshKey: { secretRef } } }), says: /exclude each other/ },
  {
    what: 'a duration without a unit',
    object: ignitionSync('bad', { polling: { interval: '60' } }),
    says: /spec\.polling\.interval: .*a duration such as 90s/,
  },
  {
    what: 'a wrong kind of port',
    object: ignitionSync('bad', { gateway: { port: 0, apiKeySecretRef: secretRef } }),
    says: /spec\.gateway\.port/,
  },
  {
    what: 'a gateway with a profile and a directory',
    object: {
      apiVersion: 'sync.ignition.io/v1alpha1',
      kind: 'IgnitionGateway',
      metadata: { name: 'bad' },
      spec: { syncRef: { name: 'x' }, profileRef: { name: 'p' }, servicePath: '.' },
    },
    says: /spec\.servicePath: .*no effect beside profileRef/,
  },
  { what: 'no API key', object: ignitionSync('bad', { gateway: {} }), says: /spec\.gateway\.apiKeySecretRef: Required/ },
  {
    what: 'a field that nobody knows',
    object: ignitionSync('bad', { pollling: {} }),
    says: /field not declared in schema|unknown field "spec\.pollling"/,
  },
  {
    what: 'two-way sync',
    object: ignitionSync('bad', { bidirectional: { enabled: true } }),
    says: /bidirectional\.enabled: .*not built yet/,
  },
  {
    what: 'an image digest that is none',
    object: ignitionSync('bad', { agent: { image: { repository: 'a', digest: 'sha256:1' } } }),
    says: /digest: .*64 hex digits/,
  },
  {
    what: 'shared resources that leave the repository',
    object: ignitionSync('bad', { shared: { externalResources: { source: '../x' } } }),
    says: /spec\.shared\.externalResources: .*"\.\."/,
  },
  {
    what: 'shared scripts that leave their project',
    object: ignitionSync('bad', { shared: { scripts: [{ source: 'a', destination: '../../db' }] } }),
    says: /spec\.shared\.scripts\[0\]: .*"\.\."/,
  },
  {
    what: 'shared scripts in the index of the gateway',
    object: ignitionSync('bad', { shared: { scripts: [{ source: 'a', destination: '.resources/a' }] } }),
    says: /spec\.shared\.scripts\[0\]\.destination: .*belongs to the gateway/,
  },
  {
    what: 'a tag provider that is a path',
    object: ignitionSync('bad', { shared: { udts: [{ source: 'a', tagProvider: 'a/b' }] } }),
    says: /spec\.shared\.udts\[0\]\.tagProvider: .*the name of a tag provider/,
  },
  {
    what: 'a tag provider with a backslash',
    object: ignitionSync('bad', { shared: { udts: [{ source: 'a', tagProvider: 'a\\b' }] } }),
    says: /spec\.shared\.udts\[0\]\.tagProvider: .*the name of a tag provider/,
  },
  {
    what: 'an additional file that 8.3 has moved',
    object: ignitionSync('bad', { shared: { additionalFiles: [{ source: 'a', destination: 'config/tags/x' }] } }),
    says: /spec\.shared\.additionalFiles\[0\]\.destination: .*tag-type-definition/,
  },
  {
    what: 'an absolute additional file',
    object: ignitionSync('bad', { shared: { additionalFiles: [{ source: 'a', destination: '/etc/passwd' }] } }),
    says: /spec\.shared\.additionalFiles\[0\]: .*leave out the leading slash/,
  },
  { what: 'a destination that leaves the root', object: mapping('a', '../etc'), says: /spec\.mappings\[0\].*"\.\."/ },
  { what: 'a source that leaves the root', object: mapping('a/../../b', 'projects'), says: /spec\.mappings\[0\].*"\.\."/ },
  { what: 'an absolute destination', object: mapping('a', '/projects'), says: /leave out the leading slash/ },
  { what: 'a backslash', object: mapping('a', 'projects\\x'), says: /not a backslash/ },
  { what: 'a place that 8.3 has moved', object: mapping('udts', './config//tags/x'), says: /destination: .*tag-type-definition/ },
  { what: 'the keys of the gateway', object: mapping('a', 'config/resources/local/x'), says: /destination: .*belongs to the gateway/ },
  ...['./user-lib/modules/x', 'user-lib/./modules', 'Modules.json', 'x.modl/'].map((place) => ({
    what: `modules onto ${place}`,
    object: mapping('a', place),
    says: /mappings\[0\]\.destination: .*modules belong to the image of the gateway/,
  })),
  ...['a/user-lib/modules', 'modules.json', 'a/x.modl'].map((source) => ({
    what: `modules from ${source}`,
    object: mapping(source, 'projects'),
    says: /mappings\[0\]\.source: .*modules belong to the image of the gateway/,
  })),
  {
    what: 'a window that begins at no time of day',
    object: syncProfile('bad', [{ source: 'a', destination: 'projects' }], {
      restart: { windows: [{ start: '25:00', duration: '1h', timeZone: 'UTC' }] },
    }),
    says: /spec\.restart\.windows\[0\]\.start: .*a time of day such as 02:00/,
  },
  {
    what: 'restarts without a window',
    object: syncProfile('bad', [{ source: 'a', destination: 'projects' }], { restart: { windows: [] } }),
    says: /spec\.restart\.windows/,
  },
  {
    what: 'a module as an additional file',
    object: ignitionSync('bad', { shared: { additionalFiles: [{ source: 'a', destination: 'x.modl' }] } }),
    says: /additionalFiles\[0\]\.destination: .*modules belong to the image/,
  },
  { what: 'the database of the gateway', object: mapping('a', 'db/x'), says: /destination: .*belongs to the gateway/ },
  { what: 'an index of the gateway', object: mapping('a', 'projects/x/.resources'), says: /destination: .*belongs to the gateway/ },
  {
    what: 'a mirror of all projects',
    object: mapping('a', './projects/', { mirror: true }),
    says: /mappings\[0\]\.mirror: .*Name a folder below it/,
  },
  {
    what: 'a mirror of core',
    object: mapping('a', 'config/resources/core', { mirror: true }),
    says: /mappings\[0\]\.mirror: .*Name a folder below it/,
  },
  {
    what: 'a mirror of a file',
    object: mapping('a', 'projects/x', { mirror: true, type: 'file' }),
    says: /mappings\[0\]\.mirror: .*only a directory/,
  },
  {
    what: 'a policy that nobody knows',
    object: ignitionSync('bad', { localChanges: 'merge' }),
    says: /spec\.localChanges: Unsupported value/,
  },
  {
    what: 'a size without a unit',
    object: ignitionSync('bad', { snapshots: { maxSize: '100' } }),
    says: /spec\.snapshots\.maxSize: .*such as 500Mi/,
  },
  { what: 'no mapping', object: syncProfile('bad', []), says: /spec\.mappings/ },
  {
    what: 'an order among objects',
    object: syncProfile('bad', [{ source: 'a', destination: 'projects' }], { dependsOn: [{ a: 1 }] }),
    says: /spec\.dependsOn: .*not built yet/,
  },
  {
    what: 'a patch whose path has dots',
    object: syncProfile('bad', [{ source: 'a', destination: 'projects' }], {
      patches: [{ files: '**/config.json', set: [{ path: 'settings.url', value: 1 }] }],
    }),
    says: /spec\.patches\[0\]\.set\[0\]\.path: .*must be a JSON Pointer such as \/settings\/connectURL/,
  },
  {
    what: 'a patch without a value',
    object: syncProfile('bad', [{ source: 'a', destination: 'projects' }], {
      patches: [{ files: '**/config.json', set: [{ path: '/a' }] }],
    }),
    says: /spec\.patches\[0\]\.set\[0\]\.value: Required value/,
  },
  {
    what: 'a mode whose own collection would be core',
    object: syncProfile('bad', [{ source: 'a', destination: 'projects' }], {
      deploymentMode: { name: 'core', source: 'b', into: 'collection' },
    }),
    says: /spec\.deploymentMode\.name: .*the folder of a collection of its own/,
  },
  {
    what: 'a paused profile',
    object: syncProfile('bad', [{ source: 'a', destination: 'projects' }], { paused: true }),
    says: /spec\.paused: .*IgnitionSync/,
  },
  {
    what: 'a dry run',
    object: syncProfile('bad', [{ source: 'a', destination: 'projects' }], { dryRun: true }),
    says: /spec\.dryRun: .*not built yet/,
  },
])('$what is refused with its field and the way out', async ({ object, says }) => {
  expect(await cluster.refused(object)).toMatch(says);
});

test.each([
  {
    what: 'a repository on this machine by http',
    object: ignitionSync('good', { git: { repo: 'http://127.0.0.1:8080/a.git', ref: 'v1.0' } }),
  },
  { what: 'http by choice', object: ignitionSync('good', { git: { repo: 'http://git.example/a.git', ref: 'main', insecureHttp: true } }) },
  {
    what: 'an app, an authority and a proxy',
    object: git({
      auth: { githubApp: { appId: 1, installationId: 2, secretRef, apiUrl: 'https://git.example/api/v3' } },
      ca: { configMapRef: secretRef },
      proxy: { url: 'http://proxy.example:3128', secretRef },
    }),
  },
  { what: 'signed tags', object: git({ verify: 'tag', signers: { gpgKeys: { configMapRef: secretRef } } }) },
  {
    what: 'host keys from a ConfigMap',
    object: git({ repo: 'git@git.example:a', auth: { sshKey: { secretRef, knownHosts: { configMapRef: secretRef } } } }),
  },
  { what: 'a key and an ssh address', object: git({ repo: 'git@git.example:org/a.git', auth: { sshKey: { secretRef } } }) },
  { what: 'an address above protected places', object: mapping('.', '.') },
  {
    what: 'everything that gateways can share',
    object: ignitionSync('good', {
      shared: {
        externalResources: { source: 'shared/external', required: false },
        scripts: [{ source: 'shared/scripts', destination: 'ignition/script-python/exchange', projects: ['site'] }],
        udts: [{ source: 'shared/udts' }, { source: 'shared/{{ GatewayName }}', tagProvider: 'MQTT Engine' }],
        additionalFiles: [{ source: 'shared/factory.json', destination: 'factory.json' }],
      },
    }),
  },
  { what: "the receiver's own port", object: ignitionSync('good', { webhook: { port: 9443, secretRef } }) },
])('$what is accepted', async ({ object }) => {
  await expect(cluster.apply(object)).resolves.toBeUndefined();
});

test('kubectl get shows what is synced and what is waited for', async () => {
  await cluster.apply(ignitionSync('columns'));
  const status = {
    shortRevision: 'main@4f1c2d3e',
    stage: 'canary',
    waitingFor: 'approval',
    gateways: { total: 3, synced: 1, failed: 1, unreachable: 0, summary: '1/3' },
  };
  const ready = { type: 'Ready', status: 'False', reason: 'Progressing', message: 'm', lastTransitionTime: new Date().toISOString() };
  await cluster.kube.patchStatus(IGNITION_SYNCS, cluster.namespace, 'columns', { status: { ...status, conditions: [ready] } });
  const [head, row] = (await cluster.kubectl('get', 'igs', '-n', cluster.namespace, 'columns')).split('\n');
  expect(head!.split(/\s+/).slice(1, 9)).toEqual(['REF', 'REVISION', 'STAGE', 'SYNCED', 'FAILED', 'WAITING-FOR', 'READY', 'AGE']);
  expect(row!.split(/\s+/).slice(0, 8)).toEqual(['columns', 'main', 'main@4f1c2d3e', 'canary', '1/3', '1', 'approval', 'False']);
});

test('values of a patch keep their types, null included, and templates may be switched on', async () => {
  const set = ['1234', 1.5, true, null, ['x', 1], { a: { b: null } }].map((value, i) => ({ path: `/v${i}`, value }));
  await cluster.apply(
    syncProfile('typed', [{ source: 'a', destination: 'projects', template: true }], {
      patches: [{ files: '**/config.json', set }],
      normalize: { systemName: '{{ GatewayName }}', fields: [{ path: '/designerRAM', value: 2048 }] },
    }),
  );
  const { spec } = (await cluster.kube.get(SYNC_PROFILES, cluster.namespace, 'typed'))!;
  expect(spec).toMatchObject({
    mappings: [{ template: true }],
    patches: [{ set, required: true }],
    normalize: { everyConfig: false, fields: [{ path: '/designerRAM', value: 2048 }] },
  });
});
