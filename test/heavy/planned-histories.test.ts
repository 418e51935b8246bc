import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { gateway, Workbench } from '../activities/source/support/workbench.ts';
import type { GitFixture } from '../activities/source/support/git-fixture.ts';

const FOLDER = process.env.REAL_REPOS_DIR ?? resolve(import.meta.dirname, '../../../shared/data/ignition-repos');

/** Where the parts of each repository go. */
const CASES = [
  { bundle: 'coffee-lab', roots: { 'services/ignition/projects': 'projects', 'services/ignition/config': 'config' } },
  { bundle: 'cicd-lab-04', roots: { projects: 'projects', 'services/config': 'config' } },
] as const;

if (!existsSync(FOLDER)) console.log(`No real repositories at ${FOLDER}: set REAL_REPOS_DIR to replay them.`);

/** What is expected, from plain git and a second spelling of the rules. */
function expected(repo: GitFixture, commit: string, roots: Readonly<Record<string, string>>): Record<string, string> {
  const rows = repo.git('-c', 'core.quotePath=false', 'ls-tree', '-r', '--full-tree', commit).split('\n');
  const files: Record<string, string> = {};
  for (const row of rows) {
    const [meta = '', path = ''] = row.split('\t');
    const root = Object.keys(roots).find((one) => path.startsWith(`${one}/`));
    if (root === undefined) continue;
    const landed = `${roots[root]!}${path.slice(root.length)}`;
    if (isKept(landed)) files[landed] = meta.split(' ')[2]!;
  }
  return files;
}

/** How git names these bytes. */
function blobId(bytes: Buffer): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

function isKept(path: string): boolean {
  if (/(^|\/)\.resources\//.test(path) || /(^|\/)(conversion-report\.txt|migration-log-[^/]*\.md)$/.test(path)) return false;
  if (path.startsWith('projects/')) return true;
  if (!/^config\/resources\/(?!\.|(local|system)\/)[^/]+\//.test(path)) return false;
  if (/^config\/resources\/[^/]+\/ignition\/system-properties\//.test(path)) return false;
  if (/^config\/resources\/[^/]+\/[^/]+\/tag-[^/]*\/(System|MQTT (Engine|Transmission|Distributor))\//.test(path)) return false;
  const types = [
    'ignition/gateway-network-(queue-settings|proxy-rules|incoming)',
    'ignition/quickstart',
    'ignition/api-token',
    'com\\.inductiveautomation\\.opcua/one-time',
  ];
  const instances = [
    'opc-connection/Ignition OPC UA Server',
    'user-source/(default|temp|temp_[^/]*|opcua-module)',
    'identity-provider/(default|temp|temp_[^/]*)',
  ];
  return !new RegExp(`^config/resources/core/(${types.join('|')}|ignition/(${instances.join('|')}))/`).test(path);
}

test.each(CASES)(
  'every push of $bundle is planned as plain git and the rules say, byte for byte',
  async ({ bundle, roots }) => {
    if (!existsSync(FOLDER)) return;
    using bench = new Workbench();
    const repo = bench.repository();
    execFileSync('git', ['fetch', '--quiet', `${FOLDER}/${bundle}.bundle`, 'main:refs/replay/main'], { cwd: repo.folder });
    const commits = repo.git('rev-list', '--reverse', '--first-parent', 'refs/replay/main').split('\n');
    const mappings = Object.entries(roots).map(([source, destination]) => ({ source, destination, required: false }));
    let last: Awaited<ReturnType<Workbench['planned']>> | undefined;
    let planned = 0;
    for (const commit of commits) {
      repo.git('update-ref', 'refs/heads/main', commit);
      const want = expected(repo, commit, roots);
      const result = await bench.plan({ repo: repo.url }, [gateway('gw', mappings, last ? { live: last.target } : {})]);
      last = await bench.planned(result, 'gw');
      expect(Object.fromEntries(Object.entries(last.files).map(([path, bytes]) => [path, blobId(bytes)]))).toEqual(want);
      planned += 1;
    }
    expect(planned).toBe(commits.length);
  },
  300_000,
);
