import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { count } from '../../domain/plan/text.ts';
import { type Check, type Finding, differs, ok, unknown, unseen } from './check.ts';

const MAX_EXPORT = 256 * 1024 * 1024;
const CONNECTIONS = 'ignition/database-connection';
const UNVERIFIED = 'changes of that kind end as AppliedUnverified';

/** How files are read: what no answer of a gateway tells. */
export const FILES: readonly Check[] = [
  ['F1', 'a folder with resource.json is a resource, nothing below it is looked at'],
  ['F2', 'only files that files lists belong to a resource, and a missing one is an error'],
  ['F3', 'a payload that was read while it was empty stays empty'],
  ['F4', 'the signature is that of signature.ts'],
  ['F5', 'a wrong signature makes the config scan pass over the resource'],
  ['F6', 'near hides far: mode, core, external'],
  ['F7', 'external without manifest, or local without its own, faults the gateway'],
  ['F8', 'local, .resources, db, var and the like are the gateway’s own'],
  ['F9', 'modules are read at start only'],
  ['F10', 'a backup gets core, modes and projects from its master, external not'],
].map(([id = '', assumption = '']) => unseen(id, assumption, 'it would take a change of files'));

/** How a change is proved to be loaded. */
export const PROOFS: readonly Check[] = [
  {
    id: 'L1',
    assumption: 'a project can be exported as a ZIP',
    means: UNVERIFIED,
    run: async ({ client }) => {
      const [name] = await client.projectNames();
      if (name === undefined) return unknown('there is no project');
      const folder = await mkdtemp(join(tmpdir(), 'ignition-sync-doctor-'));
      try {
        const file = join(folder, 'export.zip');
        const size = await client.exportProject(name, file, MAX_EXPORT);
        if (size === 'absent') return differs(`${name} is in the list and has no export`);
        if (size === 'tooLarge') return differs(`${name} is larger than 256 MiB`);
        return (await startsAsZip(file)) ? ok(`${name}: ${size} bytes`) : differs(`the export of ${name} is no ZIP`);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  },
  {
    id: 'L2',
    assumption: 'a named resource is served with its config',
    means: UNVERIFIED,
    run: async ({ client }) => {
      const names = await client.resourceNames(CONNECTIONS);
      const name = names?.[0];
      if (name === undefined) return unknown(names ? 'there is no database connection' : 'this gateway has no database connections');
      const found = await client.resource({ type: CONNECTIONS, name, collection: 'core' });
      if (!found) return unknown(`the database connection ${name} is not in core`);
      return found.config === undefined ? differs(`the database connection ${name} is served without config`) : ok(name);
    },
  },
  {
    id: 'L3',
    assumption: 'a singleton is served with its config',
    means: UNVERIFIED,
    run: async ({ client }) => {
      const found = await client.resource({ type: 'ignition/system-properties', name: '', collection: 'core' });
      if (!found) return unknown('no system-properties in core');
      return found.config === undefined ? differs('system-properties is served without config') : ok('system-properties');
    },
  },
  unseen('L4', 'another payload of a resource is served as bytes', 'which resources have one differs from gateway to gateway'),
  unseen('L5', 'a manifest’s attributes and description are served', 'it would take files to compare with'),
  {
    id: 'L6',
    assumption: 'tags and UDTs of a provider are exported as one tree',
    means: UNVERIFIED,
    run: async ({ client }): Promise<Finding> => {
      const { edition = '' } = await client.gatewayInfo();
      const provider = edition.toLowerCase() === 'edge' ? 'edge' : 'default';
      const tree = await client.exportTags(provider);
      if (tree === undefined) return unknown(`there is no provider ${provider}, or it is not shown`);
      return typeof tree === 'object' && tree !== null && 'tags' in tree ? ok(provider) : differs(`the tree of ${provider} has no tags`);
    },
  },
  {
    id: 'L7',
    assumption: 'deployment modes are listed',
    means: UNVERIFIED,
    run: async ({ client }) => ok(count((await client.modes()).size, 'mode')),
  },
  {
    id: 'L8',
    assumption: 'the log can be read from a moment on, warnings and errors only',
    means: 'what the gateway says of resources that it did not load is not seen',
    run: async ({ client }) => ok(count((await client.complaintsSince(Date.now() - 60_000, 5)).length, 'line') + ' of the last minute'),
  },
];

async function startsAsZip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read({ buffer: Buffer.alloc(2), length: 2 });
    return buffer.toString('latin1') === 'PK';
  } finally {
    await handle.close();
  }
}
