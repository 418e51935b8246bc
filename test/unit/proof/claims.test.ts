import { claimsOf, type Claims } from '../../../src/domain/proof/claims.ts';
import { complaintAbout } from '../../../src/domain/proof/complaints.ts';

/** Claims of paths that are new, where these folders are resources. */
function claims(paths: readonly string[], resources: readonly string[] = []): Claims {
  const differences = paths.map((path) => ({ path, after: { path, sha256: 'a', size: 1, executable: false } }));
  return claimsOf(differences, (folder) => resources.includes(folder));
}
const NOTHING: Claims = { projects: [], resources: [], tags: [], modes: [], unseen: [] };
const file = (name: string) => ({ name, before: undefined, after: 'a' });
const CORE = 'config/resources/core';

test.each<{ name: string; paths: string[]; resources?: string[]; claims: Partial<Claims> }>([
  {
    name: 'files of a resource in a project are the project’s',
    paths: ['projects/P/project.json', 'projects/P/m/t/a/b/view.json'],
    resources: ['projects/P/m/t/a/b'],
    claims: { projects: [{ kind: 'project', project: 'P', files: [file('project.json'), file('m/t/a/b/view.json')] }] },
  },
  {
    name: 'a file of a project that is in no resource is passed over',
    paths: ['projects/P/m/t/a/README.md', 'projects/P/m/x'],
    claims: {},
  },
  {
    name: 'a project has a singleton',
    paths: ['projects/P/m/t/data.bin'],
    resources: ['projects/P/m/t'],
    claims: { projects: [{ kind: 'project', project: 'P', files: [file('m/t/data.bin')] }] },
  },
  { name: 'a file at the data root is read by no gateway', paths: ['plant.json'], claims: {} },
  { name: 'a file in no resource of a collection is passed over', paths: [`${CORE}/README.md`, `${CORE}/m/t/n/x`], claims: {} },
  {
    name: 'a named resource',
    paths: [`${CORE}/ignition/tag-provider/a%3ab/config.json`],
    resources: [`${CORE}/ignition/tag-provider/a%3ab`],
    claims: {
      resources: [
        {
          kind: 'resource',
          collection: 'core',
          type: 'ignition/tag-provider',
          name: 'a:b',
          dir: `${CORE}/ignition/tag-provider/a%3ab`,
          files: [file('config.json')],
        },
      ],
    },
  },
  {
    name: 'a singleton',
    paths: [`${CORE}/ignition/system-properties/config.json`],
    resources: [`${CORE}/ignition/system-properties`],
    claims: {
      resources: [
        {
          kind: 'resource',
          collection: 'core',
          type: 'ignition/system-properties',
          name: '',
          dir: `${CORE}/ignition/system-properties`,
          files: [file('config.json')],
        },
      ],
    },
  },
  {
    name: 'UDT types lie below _types_',
    paths: [
      `${CORE}/ignition/tag-type-definition/default/A/B/udts.json`,
      `${CORE}/ignition/tag-type-definition/default/A/B/unary-resource.json`,
    ],
    claims: {
      tags: [
        {
          kind: 'tags',
          collection: 'core',
          provider: 'default',
          folder: ['_types_', 'A', 'B'],
          dir: `${CORE}/ignition/tag-type-definition/default/A/B`,
        },
      ],
    },
  },
  {
    name: 'tags at the root of their provider',
    paths: [`${CORE}/ignition/tag-definition/default/tags.json`],
    claims: {
      tags: [{ kind: 'tags', collection: 'core', provider: 'default', folder: [], dir: `${CORE}/ignition/tag-definition/default` }],
    },
  },
  { name: 'a mode', paths: ['config/resources/dev/config-mode.json'], claims: { modes: ['dev'] } },
  { name: 'without core’s manifest no gateway runs', paths: [`${CORE}/config-mode.json`], claims: {} },
])('$name', ({ paths, resources, claims: expected }) => {
  expect(claims(paths, resources)).toEqual({ ...NOTHING, ...expected });
});

describe('a line of the log is about a change', () => {
  const DB = `${CORE}/ignition/database-connection/line`;
  const of = claims([`${DB}/config.json`, 'projects/P/m/views/a/view.json'], [DB, 'projects/P/m/views/a']);
  test.each<{ message: string; about: string | undefined }>([
    { message: 'Resource core:ignition/database-connection/line will not be loaded: no driver', about: 'database-connection/line' },
    { message: 'Unable to load database-connection/line', about: 'database-connection/line' },
    { message: 'Failed to parse view P:m/views/a', about: 'views/a' },
    { message: 'Resource core:ignition/database-connection/line2 will not be loaded', about: undefined },
    { message: 'Resource core:ignition/database-connection/line/x will not be loaded', about: undefined },
    { message: 'Error running action script on database-connection/line', about: undefined },
    { message: 'Resource core:ignition/other will not be loaded', about: undefined },
  ])('$message', ({ message, about }) => {
    expect(complaintAbout(of, [{ message: null }, { message }])?.resource).toBe(about);
  });
});
