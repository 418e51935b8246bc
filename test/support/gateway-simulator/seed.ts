import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';

/** `config-mode.json` of a collection. */
function mode(title: string, parent: string, inheritable = true): string {
  return json({ title, description: '', enabled: true, inheritable, parent });
}

function resource(files: readonly string[]): string {
  const attributes = {
    lastModification: { actor: 'unknown', timestamp: '2026-01-05T08:00:00Z' },
    uuid: '7d1f0c3a-6a51-4f0e-9a55-0c5f7b1b2f60',
    enabled: true,
  };
  return json({ scope: 'A', version: 1, restricted: false, overridable: true, files, attributes });
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** A fresh, commissioned 8.3 data directory in small: enough of each kind of file that no sync may touch. */
function freshFiles(): Record<string, string | Buffer> {
  const files: Record<string, string | Buffer> = {
    'config/resources/external/config-mode.json': mode('External', 'system'),
    'config/resources/core/config-mode.json': mode('Core', 'external'),
    'config/resources/local/config-mode.json': mode('Local', 'core', false),
    'config/resources/local/ignition/local-system-properties/resource.json': resource(['config.json']),
    'config/resources/local/ignition/local-system-properties/config.json': json({ hostId: 'seed' }),
    'config/resources/local/com.inductiveautomation.opcua/server-keystore/keystore.pfx': randomBytes(512),
    'config/resources/.resources/ab/index': randomBytes(64),
    'config/ignition/keys/metro.key': randomBytes(128),
    'config/ignition/tags/valueStore.idb': randomBytes(1024),
    'config/local/ignition/gateway-network/uuid.txt': '0b0e9c5e-6f3d-4a77-9b6c-5c1f64d1f3a2',
    'config/com.inductiveautomation.opcua/trust/own.crt': randomBytes(256),
    'projects/.resources/3f/9d/blob': randomBytes(64),
    'db/config.idb': randomBytes(4096),
    'metricsdb/metrics.idb': randomBytes(512),
    'var/ignition/auth-tokens.idb': randomBytes(512),
    'jar-cache/perspective.jar': randomBytes(256),
    'certificates/supplemental/README': 'certificates that the gateway trusts\n',
    'ignition.conf': 'wrapper.java.initmemory=256\n',
    'gateway.xml': '<properties><entry key="gateway.port">8088</entry></properties>\n',
    'gateway.xml_clean': '<properties/>\n',
    'redundancy.xml': '<redundancy><role>Independent</role></redundancy>\n',
    'commissioning.json': '{}\n',
    'modules.json': json({ 'com.inductiveautomation.perspective': { onStartup: true } }),
    '.container-init.conf': 'seeded\n',
    '.ignition-seed-complete': '',
    '.uuid': '4e7c7d0e-2b8f-4f66-a0f5-0d4d2f2b8a11\n',
  };
  for (const name of [
    'system-properties',
    'user-source/default',
    'identity-provider/default',
    'gateway-network-queue-settings',
    'quickstart',
    'security-properties',
  ]) {
    files[`config/resources/core/ignition/${name}/config.json`] = json({ seeded: name });
    files[`config/resources/core/ignition/${name}/resource.json`] = resource(['config.json']);
  }
  return files;
}

/** What only a first-time setup makes, and what the chart's init container leaves; nothing in an image has a name with a dot here. */
const NOT_IN_THE_IMAGE = /^(\.|db\/|metricsdb\/|var\/|config\/resources\/\.resources\/|projects\/\.resources\/)/;

/** What an image brings for an empty data directory. Which files exactly is not recorded; here all that do not come with the setup. */
function imageFiles(): [string, string | Buffer][] {
  return Object.entries(freshFiles()).filter(([path]) => !NOT_IN_THE_IMAGE.test(path));
}

async function fill(dataDir: string, files: Iterable<[string, string | Buffer]>): Promise<void> {
  for (const [path, content] of files) {
    await mkdir(join(dataDir, dirname(path)), { recursive: true });
    await writeFile(join(dataDir, path), content);
  }
}

/**
 * What the init container of the official chart does [facts 4.1]: once per volume, guarded by a marker that it writes first, it copies the
 * image's data directory over whatever is there.
 */
export async function seedAsChart(dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  if (existsSync(join(dataDir, '.ignition-seed-complete'))) return;
  await writeFile(join(dataDir, '.ignition-seed-complete'), '');
  await fill(dataDir, imageFiles());
}

/**
 * How a gateway's first start on a volume goes [facts 4.3, 2.1]: an image fills one that is empty, and only then; without what it brings the
 * gateway faults; before its internal database is there it waits for its setup.
 */
export async function firstStart(dataDir: string): Promise<'commissioning' | 'running' | 'faulted'> {
  await mkdir(dataDir, { recursive: true });
  if ((await readdir(dataDir)).length === 0) await fill(dataDir, imageFiles());
  if (!existsSync(join(dataDir, 'gateway.xml'))) return 'faulted';
  return existsSync(join(dataDir, COMMISSIONED)) ? 'running' : 'commissioning';
}

/** What marks a volume as set up [facts 2.1, seen once]. */
export const COMMISSIONED = 'db/config.idb';

/** Fills an empty data directory; one that holds anything besides our own folder is left as it is. */
export async function seedDataDirectory(dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  const present = (await readdir(dataDir)).filter((name) => name !== '.ignition-sync');
  if (present.length > 0) return;
  await fill(dataDir, Object.entries(freshFiles()));
}
