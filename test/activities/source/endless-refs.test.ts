import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { writeGitConfig } from '../../../src/clients/git/environment.ts';
import { parseRemote } from '../../../src/clients/git/remote.ts';
import { listRemote } from '../../../src/clients/git/remote-client.ts';
import { FILES } from './support/hosts.ts';
import { failure, Workbench } from './support/workbench.ts';

const line = (text: string): string => (text.length + 4).toString(16).padStart(4, '0') + text;
const ID = 'a'.repeat(40);
/** Long, so that few of them fill a memory. */
const ref = (n: number): string => line(`${ID} refs/heads/${String(n).padStart(60_000, 'x')}\n`);

type Host = (request: IncomingMessage, response: ServerResponse) => void;

/** Says something, and then refs until nobody listens any more. */
function withoutEnd(response: ServerResponse, type: string, first: string): void {
  response.writeHead(200, { 'content-type': type });
  response.write(first);
  let n = 0;
  const more = (): void => {
    while (!response.destroyed && response.write(ref((n += 1))));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
}

const SERVICE = line('# service=git-upload-pack\n') + '0000';
const ADVERTISEMENT = 'application/x-git-upload-pack-advertisement';

test.each<{ how: string; host: Host }>([
  {
    how: 'in the protocol of today',
    host: (request, response) => {
      if (request.method === 'POST') {
        withoutEnd(response, 'application/x-git-upload-pack-result', '');
        return;
      }
      const known = [line('version 2\n'), line('ls-refs=unborn\n'), line('fetch=shallow\n'), '0000'];
      response.writeHead(200, { 'content-type': ADVERTISEMENT }).end(SERVICE + known.join(''));
    },
  },
  {
    how: 'in the protocol of before',
    host: (_, response) => withoutEnd(response, ADVERTISEMENT, SERVICE + line(`${ID} refs/heads/a\0agent=git/1\n`)),
  },
])('a host that lists refs without end ($how) is cut off before it takes much memory, and named', async ({ host }) => {
  using bench = new Workbench();
  const server = createServer(host);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/plant.git`;
  try {
    const settings = { configFile: await writeGitConfig(bench.folder), allowFile: false };
    expect(await failure(listRemote({ remote: parseRemote(url), credential: { kind: 'none' }, settings }))).toEqual({
      reason: 'UnsupportedContent',
      message: expect.stringContaining(`${url} sent more than any repository needs to list the refs`) as string,
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('100,000 branches are listed; with 300,000 the repository is refused', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const commit = repo.commit(FILES);
  const { source } = await bench.opened;
  const ask = async (): ReturnType<typeof source.resolveRevision> => await source.resolveRevision(await bench.input({ repo: repo.url }));
  const withBranches = (count: number): void => {
    const branches = Array.from({ length: count }, (_, n) => `${commit} refs/heads/b/${String(n).padStart(6, '0')}\n`);
    writeFileSync(join(repo.folder, 'packed-refs'), `# pack-refs with: peeled fully-peeled sorted \n${branches.join('')}`);
  };
  withBranches(100_000);
  expect(await ask()).toMatchObject({ commit });
  withBranches(300_000);
  expect(await failure(ask())).toMatchObject({
    reason: 'UnsupportedContent',
    message: expect.stringContaining('branches and tags') as string,
  });
});
