import type { Faults } from '../../support/gateway-simulator/faults.ts';
import { effective } from '../../support/gateway-simulator/merged.ts';
import type { GatewaySimulator } from '../../support/gateway-simulator/simulator.ts';
import { Bench, manifest, scan } from './support/bench.ts';

const CORE = 'config/resources/core';
const DB = 'ignition/database-connection';

function keys(gateway: GatewaySimulator, collection: string): string[] {
  return [...(gateway.gateway.engine.collections().get(collection)?.resources.keys() ?? [])];
}

/** What the gateway runs on, as text. */
function payload(gateway: GatewaySimulator, key: string, file: string): string | undefined {
  return effective(gateway.gateway).get(key)?.payloads.get(file)?.content?.toString('utf8');
}

describe('what a scan finds on disk (facts 2.2, 2.3)', () => {
  test.each<{ name: string; files: Record<string, string>; key: string; found: boolean; faults?: Partial<Faults> }>([
    {
      name: 'a folder with a manifest and what it lists is a resource',
      files: {
        'ignition/database-connection/a/resource.json': manifest(['config.json']),
        'ignition/database-connection/a/config.json': '{}',
      },
      key: `${DB}/a`,
      found: true,
    },
    {
      name: 'a folder without a manifest is none',
      files: { 'ignition/database-connection/a/config.json': '{}' },
      key: `${DB}/a`,
      found: false,
    },
    {
      name: 'a listed file that is missing makes it none',
      files: { 'ignition/database-connection/a/resource.json': manifest(['config.json']) },
      key: `${DB}/a`,
      found: false,
    },
    {
      name: 'a listed file that is missing does not matter where drivers come from elsewhere',
      files: { 'ignition/database-connection/a/resource.json': manifest(['driver.jar']) },
      key: `${DB}/a`,
      found: true,
      faults: { missingPayload: 'accepted' },
    },
    {
      name: 'a manifest that is no JSON makes it none',
      files: { 'ignition/database-connection/a/resource.json': '{' },
      key: `${DB}/a`,
      found: false,
    },
    {
      name: 'a manifest without any field is one',
      files: { 'ignition/database-connection/a/resource.json': '{}' },
      key: `${DB}/a`,
      found: true,
    },
    {
      name: 'a manifest without attributes is passed over by gateways that want them',
      files: { 'ignition/database-connection/a/resource.json': '{}' },
      key: `${DB}/a`,
      found: false,
      faults: { missingAttributes: 'skipped' },
    },
    {
      name: 'a name may have folders and look like a file',
      files: { 'ignition/images/Builtin/icons/about.png/resource.json': manifest([]) },
      key: 'ignition/images/Builtin/icons/about.png',
      found: true,
    },
    {
      name: 'names are percent-decoded below the type',
      files: { 'ignition/tag-provider/a%3ab/resource.json': manifest([]) },
      key: 'ignition/tag-provider/a:b',
      found: true,
    },
    {
      name: 'nothing below a resource is considered',
      files: { 'ignition/tag-provider/a/resource.json': manifest([]), 'ignition/tag-provider/a/b/resource.json': manifest([]) },
      key: 'ignition/tag-provider/a/b',
      found: false,
    },
    {
      name: 'below a unary resource the rest is considered',
      files: {
        'ignition/tag-definition/d/unary-resource.json': manifest([]),
        'ignition/tag-definition/d/Line/unary-resource.json': manifest([]),
      },
      key: 'ignition/tag-definition/d/Line/_unary',
      found: true,
    },
    {
      name: 'a singleton has no name',
      files: { 'ignition/gateway-network-settings/resource.json': manifest([]) },
      key: 'ignition/gateway-network-settings',
      found: true,
    },
    {
      name: 'a wrong signature does not matter on most gateways',
      files: { 'ignition/database-connection/a/resource.json': manifest([], { attributes: { lastModificationSignature: 'x' } }) },
      key: `${DB}/a`,
      found: true,
    },
    {
      name: 'a wrong signature is passed over by gateways that look at it',
      files: { 'ignition/database-connection/a/resource.json': manifest([], { attributes: { lastModificationSignature: 'x' } }) },
      key: `${DB}/a`,
      found: false,
      faults: { wrongSignature: 'skipped' },
    },
  ])('$name', async ({ files, key, found, faults = {} }) => {
    await using bench = new Bench();
    const gateway = await bench.start({ faults });
    bench.write(Object.fromEntries(Object.entries(files).map(([path, content]) => [`${CORE}/${path}`, content])));
    await scan(gateway, 'config');
    expect(keys(gateway, 'core').includes(key)).toBe(found);
  });

  test.each(['.hidden', 'a.tmp', 'a.deleted-1', 'no-manifest'])('%s is no collection', async (name) => {
    await using bench = new Bench();
    const gateway = await bench.start();
    bench.write({ [`config/resources/${name}/${name === 'no-manifest' ? 'x' : 'config-mode.json'}`]: '{}' });
    await scan(gateway, 'config');
    expect(Object.keys(gateway.loaded().collections)).toEqual(['core', 'external', 'local']);
  });

  test('of two projects that differ by case one counts', async () => {
    await using bench = new Bench();
    const gateway = await bench.start();
    bench.write({ 'projects/Line/project.json': '{}', 'projects/line/project.json': '{}' });
    await scan(gateway, 'projects');
    expect(Object.keys(gateway.loaded().projects)).toEqual(['Line']);
  });

  test('a payload that was empty when it was read stays empty, whatever is written later', async () => {
    await using bench = new Bench();
    const gateway = await bench.start();
    const at = `${CORE}/${DB}/a`;
    bench.write({ [`${at}/resource.json`]: manifest(['config.json']), [`${at}/config.json`]: '' });
    await scan(gateway, 'config');
    bench.write({ [`${at}/config.json`]: '{"url":"x"}' });
    await scan(gateway, 'config');
    expect(payload(gateway, `${DB}/a`, 'config.json')).toBe('');
  });
});

describe('which definition counts (facts 2.2, 2.3)', () => {
  const at = (collection: string, url: string, more?: object): Record<string, string> => ({
    [`config/resources/${collection}/${DB}/a/resource.json`]: manifest(['config.json'], more),
    [`config/resources/${collection}/${DB}/a/config.json`]: url,
  });
  const MODE = { 'config/resources/dev/config-mode.json': '{"parent":"core","enabled":true,"inheritable":true}' };

  test.each<{ name: string; files: Record<string, string>; mode?: string; counts: string }>([
    { name: 'core before external', files: { ...at('core', 'core'), ...at('external', 'external') }, counts: 'core' },
    { name: 'the mode before core', files: { ...MODE, ...at('core', 'core'), ...at('dev', 'dev') }, mode: 'dev', counts: 'dev' },
    {
      name: 'a mode that is not active counts for nothing',
      files: { ...MODE, ...at('core', 'core'), ...at('dev', 'dev') },
      counts: 'core',
    },
    {
      name: 'what may not be overridden stays',
      files: { ...at('core', 'core'), ...at('external', 'external', { overridable: false }) },
      counts: 'external',
    },
  ])('$name', async ({ files, mode, counts }) => {
    await using bench = new Bench();
    await bench.start().then((seeding) => seeding.stop());
    bench.write(files);
    const gateway = await bench.start({ mode });
    expect(payload(gateway, `${DB}/a`, 'config.json')).toBe(counts);
  });
});

describe('a start (facts 2.2, 3.1)', () => {
  test('3.1.3 loads projects whole, without any scan', async () => {
    await using bench = new Bench();
    await bench.start().then((seeding) => seeding.stop());
    bench.write({ 'projects/P/project.json': '{}' });
    expect((await bench.start()).loaded().projects['P']).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each(['external', 'local'])('faults when %s lost its manifest and has content', async (collection) => {
    await using bench = new Bench();
    await bench.start().then((seeding) => seeding.stop());
    bench.write({ [`config/resources/${collection}/ignition/x/y/resource.json`]: '{}' });
    bench.remove(`config/resources/${collection}/config-mode.json`);
    expect((await bench.start()).gateway.faults.state).toBe('faulted');
  });
});
