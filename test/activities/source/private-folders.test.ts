import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { refusePrivate } from '../../../src/clients/git/private-folders.ts';
import { parseRemote } from '../../../src/clients/git/remote.ts';
import { failure, gateway, Workbench } from './support/workbench.ts';

const GATEWAYS = [gateway('a', [{ source: 'p', destination: 'projects/p' }])];
const REFUSED = { reason: 'InvalidSpec', message: expect.stringContaining("this installation's own folders") as string };

test('a file:// repository is never a mirror of ours, by whatever path: it holds what other credentials may read', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'p/secret.json': '{}' });
  const { commit } = await bench.plan({ repo: repo.url }, GATEWAYS);
  const mirrors = join(bench.folder, 'mirrors');
  const mirror = join(
    mirrors,
    readdirSync(mirrors).find((name) => name.endsWith('.git'))!,
  );
  symlinkSync(mirror, join(bench.folder, 'link'));
  symlinkSync(mirror, join(bench.folder, 'named.git'));
  mkdirSync(join(bench.folder, 'tree'));
  symlinkSync(mirror, join(bench.folder, 'tree', '.git'));
  const url = pathToFileURL(bench.folder).href;
  const { source } = await bench.opened;
  for (const at of [
    pathToFileURL(mirror).href,
    pathToFileURL(mirror.replace(/\.git$/, '')).href,
    `${url}/store`,
    `${url}/mirrors`,
    `${url}/%6dirrors/${mirror.slice(mirrors.length + 1)}`,
    `${url}/link`,
    `${url}/named`,
    `${url}/tree`,
    `${url}/plant.git/../mirrors`,
    url, // above them
  ]) {
    const input = await bench.input({ repo: at, ref: `refs/pins/${commit}` }, GATEWAYS, {}, 'thief');
    expect({ at, ...(await failure(source.resolveRevision(input))) }).toMatchObject({ at, ...REFUSED });
  }
  // Git takes the host for the first folder.
  await expect(refusePrivate(parseRemote(`${url.replace('file:///', 'file://')}/link`), [mirrors])).rejects.toMatchObject(REFUSED);
  await bench.plan({ repo: repo.url }, GATEWAYS); // beside them
});
