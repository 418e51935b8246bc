import { resourceSignature, readSignedManifest } from '../../../src/domain/signature/signature.ts';
import { sha256, sha256Of } from '../../../src/source/digest.ts';
import { failure, gateway, Workbench } from './support/workbench.ts';

const CORE = 'config/resources/core';
const NAME = `${CORE}/ignition/system-properties`;
const DATABASE = `${CORE}/ignition/database-connection/plant`;
const MAPPINGS = [{ source: '.', destination: '.' }];

/** A `resource.json` that is signed as a gateway signs it. */
function signed(config: string, variant: '8.3' | '8.1' = '8.3'): string {
  const manifest = (signature: string) =>
    JSON.stringify(
      {
        scope: 'A',
        version: 1,
        restricted: false,
        overridable: true,
        files: ['config.json'],
        attributes: { lastModification: { actor: 'admin', timestamp: '2026-01-01T00:00:00Z' }, lastModificationSignature: signature },
      },
      null,
      2,
    );
  const payload = { sha256: sha256(config), bytes: Buffer.from(config) };
  return manifest(resourceSignature(manifest(''), new Map([['config.json', payload]]), variant, sha256Of)!);
}

/** Whether a planned resource's signature fits what it signs; undefined when it carries none. */
function signatureFits(files: Record<string, Buffer>, folder: string): boolean | undefined {
  const text = files[`${folder}/resource.json`]!.toString();
  const said = readSignedManifest(text)!.signature;
  if (said === undefined) return undefined;
  return said === resourceSignature(text, new Map([['config.json', { sha256: sha256(files[`${folder}/config.json`]!) }]]), '8.3', sha256Of);
}

const SYSTEM = '{\n  "systemName": "from git",\n  "designerRAM": 1024\n}';

test('gateways that share everything get their own system name, signed anew; nothing else of the file changes', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ [`${NAME}/config.json`]: SYSTEM, [`${NAME}/resource.json`]: signed(SYSTEM), 'projects/a/project.json': '{}' });
  const profile = { normalize: { systemName: 'site-{{ GatewayName }}' } };
  const result = await bench.plan({ repo: repo.url }, [gateway('a', MAPPINGS, {}, profile), gateway('b', MAPPINGS, {}, profile)]);
  for (const name of ['a', 'b']) {
    const { files } = await bench.planned(result, name);
    expect(files[`${NAME}/config.json`]!.toString()).toBe(SYSTEM.replace('from git', `site-${name}`));
    expect(signatureFits(files, NAME)).toBe(true);
    expect(Object.keys(files)).toContain('projects/a/project.json');
  }
});

test('the annotation of the pod counts more than the profile', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ [`${NAME}/config.json`]: SYSTEM });
  const own = { annotations: { 'ignition-sync.io/system-name': 'Line 7' } };
  const result = await bench.plan({ repo: repo.url }, [gateway('a', MAPPINGS, own, { normalize: { systemName: '{{ GatewayName }}' } })]);
  expect((await bench.planned(result, 'a')).files[`${NAME}/config.json`]!.toString()).toContain('"Line 7"');
});

test('without a name of its own a gateway keeps its system-properties, and so does one whose file has no such key', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ [`${NAME}/config.json`]: SYSTEM, 'projects/a/project.json': '{}' });
  const without = await bench.plan({ repo: repo.url }, [gateway('a', MAPPINGS)]);
  expect(Object.keys((await bench.planned(without, 'a')).files)).toEqual(['projects/a/project.json']);
  expect(without.notes.join()).toContain('spec.normalize.systemName');
  repo.commit({ [`${NAME}/config.json`]: '{"designerRAM":1024}', [`${NAME}/resource.json`]: '{}', 'projects/a/project.json': '{}' });
  const named = await bench.plan({ repo: repo.url }, [gateway('a', MAPPINGS, {}, { normalize: { systemName: 'x' } })]);
  expect(Object.keys((await bench.planned(named, 'a')).files)).toEqual(['projects/a/project.json']);
  expect(named.notes.join()).toContain('without the key systemName');
});

test('3.6.3 two gateways that would have the same system name are refused, both by name', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ [`${NAME}/config.json`]: SYSTEM });
  const profile = { normalize: { systemName: 'Site' } };
  const refused = await failure(bench.plan({ repo: repo.url }, [gateway('a', MAPPINGS, {}, profile), gateway('b', MAPPINGS, {}, profile)]));
  expect(refused).toMatchObject({ reason: 'InvalidProfile' });
  expect(refused.message).toContain('gateways a and b would both have the systemName "Site"');
});

test('a patch changes the values it names in every file of its glob, with the variables of the gateway; signatures follow', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const config = '{"driver":"pg","connectURL":"jdbc:x","max":1.10}';
  const others = {
    'projects/a/project.json': '{"title":"A"}',
    'projects/a/code.py': 'x = 1\n',
    [`${CORE}/ignition/z/config.json`]: '{"max":1}',
  };
  repo.commit({ ...others, [`${DATABASE}/config.json`]: config, [`${DATABASE}/resource.json`]: signed(config) });
  const profile = {
    vars: { host: 'db.plant' },
    patches: [
      {
        files: `${CORE}/ignition/database-connection/*/config.json`,
        set: [
          { path: '/connectURL', value: 'jdbc:{{ Vars.host }}/{{ GatewayName }}' },
          { path: '/max', value: 8 },
        ],
      },
    ],
  };
  const result = await bench.plan({ repo: repo.url }, [gateway('a', MAPPINGS, {}, profile)]);
  const { files } = await bench.planned(result, 'a');
  expect(files[`${DATABASE}/config.json`]!.toString()).toBe('{"driver":"pg","connectURL":"jdbc:db.plant/a","max":8}');
  expect(signatureFits(files, DATABASE)).toBe(true);
  for (const [path, text] of Object.entries(others)) expect(files[path]!.toString()).toBe(text);
});

test.each(['8.1', 'by hand'] as const)(
  'a signature that did not fit before (%s) goes with the modification it vouched for',
  async (how) => {
    using bench = new Workbench();
    const repo = bench.repository();
    const config = '{"connectURL":"x"}';
    const manifest = how === '8.1' ? signed(config, '8.1') : signed('{"connectURL":"older"}');
    repo.commit({ [`${DATABASE}/config.json`]: config, [`${DATABASE}/resource.json`]: manifest });
    const patches = [{ files: '**/config.json', set: [{ path: '/connectURL', value: 'y' }] }];
    const result = await bench.plan({ repo: repo.url }, [gateway('a', MAPPINGS, {}, { patches })]);
    const { files } = await bench.planned(result, 'a');
    expect(signatureFits(files, DATABASE)).toBeUndefined();
    expect((JSON.parse(files[`${DATABASE}/resource.json`]!.toString()) as { attributes: object }).attributes).toEqual({});
  },
);

test('a patch that matches nothing is refused, unless it is not required', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'projects/a/project.json': '{}', 'projects/a/code.py': 'x = 1', 'projects/c/project.json': '{}' });
  const patch = { files: 'projects/b/*.json', set: [{ path: '/title', value: 'x' }] };
  const plan = (required: boolean) => bench.plan({ repo: repo.url }, [gateway('a', MAPPINGS, {}, { patches: [{ ...patch, required }] })]);
  const refused = await failure(plan(true));
  expect(refused).toMatchObject({ reason: 'PatchFailed' });
  expect(refused.message).toContain('SyncProfile all: spec.patches[0].files "projects/b/*.json" matches no file');
  expect((await plan(false)).notes.join()).toContain('no file matches projects/b/*.json');
});

test('a mapping with templates renders its texts for each gateway and leaves binary files and other mappings alone', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const image = Buffer.from([0x89, 0x50, 0, 0x7b, 0x7b, 0x20, 0x58]);
  repo.commit({
    'shared/code.py': 'NAME = "{{ GatewayName }}"\n',
    'shared/icon.png': image,
    'projects/a/code.py': 'x = "{{ not ours }}"\n',
  });
  const mappings = [
    { source: 'projects', destination: 'projects' },
    { source: 'shared', destination: 'projects/a/shared', template: true },
  ];
  const result = await bench.plan({ repo: repo.url }, [gateway('g1', mappings), gateway('g2', mappings)]);
  for (const name of ['g1', 'g2']) {
    const { files } = await bench.planned(result, name);
    expect(files['projects/a/shared/code.py']!.toString()).toBe(`NAME = "${name}"\n`);
    expect(files['projects/a/shared/icon.png']).toEqual(image);
    expect(files['projects/a/code.py']!.toString()).toBe('x = "{{ not ours }}"\n');
  }
  repo.commit({ 'shared/code.py': 'a\n{{ Vars.gone }}\n', 'projects/a/code.py': '' });
  const { message } = await failure(bench.plan({ repo: repo.url }, [gateway('g1', mappings)]));
  expect(message).toContain('projects/a/shared/code.py line 2: {{ Vars.gone }}');
});

test('the same commit gives the same manifest on another machine', async () => {
  const digests: string[] = [];
  while (digests.length < 2) {
    using bench = new Workbench();
    const repo = bench.repository();
    repo.commit({ [`${NAME}/config.json`]: SYSTEM, [`${NAME}/resource.json`]: signed(SYSTEM) });
    const result = await bench.plan({ repo: repo.url }, [gateway('a', MAPPINGS, {}, { normalize: { systemName: 'x' } })]);
    digests.push((await bench.planned(result, 'a')).target);
  }
  expect(digests[0]).toBe(digests[1]);
});
