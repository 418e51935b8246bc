import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { checkDisk, checkGo } from '../../temporal-dev/binaries/build.ts';
import { fetchRelease, officialRelease, publishedDigest } from '../../temporal-dev/binaries/download.ts';
import { findBinary, fitsPin, printedVersion } from '../../temporal-dev/binaries/find.ts';
import { cacheDir, pinnedVersion, requiredVersion } from '../../temporal-dev/binaries/pins.ts';
import { describeProgress } from '../../temporal-dev/binaries/progress.ts';
import { binaryVariable, serverBinary, SERVERS } from '../../temporal-dev/binaries/servers.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'binaries-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const etcd = serverBinary('etcd');
const pinned = pinnedVersion(etcd);
const older = pinned.replace(/\.(\d+)$/, (_, patch: string) => `.${Number(patch) - 1}`);

/** A stand-in for a server that knows nothing but its version. */
async function fakeServer(path: string, version: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho "etcd Version: ${version}"\n`);
  await chmod(path, 0o755);
  return path;
}

test.each([
  { name: 'the path in the environment comes first', inEnvironment: true, onPath: pinned, inCache: true, from: 'environment' },
  { name: 'then PATH, if the version is right', inEnvironment: false, onPath: pinned, inCache: true, from: 'PATH' },
  { name: 'an older version on PATH is passed over for the cache', inEnvironment: false, onPath: older, inCache: true, from: 'cache' },
  { name: 'without either there is the cache', inEnvironment: false, onPath: undefined, inCache: true, from: 'cache' },
  { name: 'an older version on PATH is never used', inEnvironment: false, onPath: older, inCache: false, from: undefined },
])('$name', async ({ inEnvironment, onPath, inCache, from }) => {
  const env: NodeJS.ProcessEnv = { PATH: join(folder, 'bin'), XDG_CACHE_HOME: join(folder, 'cache') };
  if (inEnvironment) env[binaryVariable('etcd')] = await fakeServer(join(folder, 'own'), '0.0.1');
  if (onPath) await fakeServer(join(folder, 'bin', 'etcd'), onPath);
  if (inCache) await fakeServer(join(cacheDir('kubernetes', env), 'etcd'), pinned);
  expect((await findBinary(etcd, env))?.from).toBe(from);
});

test('a path in the environment that cannot be run is named with its variable', async () => {
  const env = { IGNITION_SYNC_KUBE_APISERVER_BIN: join(folder, 'none') };
  await expect(findBinary(serverBinary('kube-apiserver'), env)).rejects.toThrow(
    /IGNITION_SYNC_KUBE_APISERVER_BIN=.*none is not an executable file/,
  );
});

test.each([
  { found: '1.36.3', fits: true },
  { found: 'v1.36.4', fits: true },
  { found: '1.36.2', fits: false },
  { found: '1.37.0', fits: false },
  { found: '2.36.3', fits: false },
  { found: undefined, fits: false },
])('a server of version $found may stand in for 1.36.3: $fits', ({ found, fits }) => {
  expect(fitsPin('1.36.3', found)).toBe(fits);
});

test.each([
  { output: 'temporal version 1.8.2 (Server 1.31.2, UI 2.50.1)', version: '1.8.2' },
  { output: 'etcd Version: 3.6.14\nGit SHA: Not provided\nGo Version: go1.26.8', version: '3.6.14' },
  { output: 'Kubernetes v1.36.3', version: '1.36.3' },
  { output: 'Client Version: v1.36.3\nKustomize Version: v5.8.1', version: '1.36.3' },
  { output: 'kwok version v0.8.0 go1.26.8 (linux/amd64)', version: '0.8.0' },
  { output: 'temporal version 0.0.0-DEV', version: undefined },
])('"$output" says version $version', ({ output, version }) => {
  expect(printedVersion(output)).toBe(version);
});

test.each(SERVERS)('the version of $name is pinned in the go.mod of its family', (server) => {
  expect(pinnedVersion(server)).toMatch(/^\d+\.\d+\.\d+$/);
});

test('a module is found in a block and on a line of its own, and only by its whole name', () => {
  const goMod = 'require example.com/one v1.2.3\nrequire (\n\texample.com/two/more v9.9.9 // indirect\n\texample.com/two v2.0.0\n)\n';
  expect(requiredVersion(goMod, 'example.com/one')).toBe('1.2.3');
  expect(requiredVersion(goMod, 'example.com/two')).toBe('2.0.0');
  expect(() => requiredVersion(goMod, 'example.com/three')).toThrow('no go.mod requires example.com/three');
});

/** Without what only tests ask for. */
const STACK = SERVERS.filter(({ name }) => name !== 'versitygw');

const GIB = 1024 ** 3;

test('a build for which the disk has no room is refused with both sizes', () => {
  expect(() => checkDisk(folder, SERVERS, SERVERS, 3 * GIB)).toThrow(/needs about 10\.0 GiB, but .* has 3\.0 GiB free/);
  checkDisk(folder, [serverBinary('kubectl')], SERVERS, 3 * GIB);
});

test.each([
  { name: 'without Go', go: undefined, says: /there is no Go to build them: temporal\. Install Go/ },
  { name: 'with an old Go', go: '#!/bin/sh\necho go1.21.5\n', says: /Go 1\.21\.5 is too old to build them: temporal\. Install Go/ },
])('$name, and nothing found, it says what to install', async ({ go, says }) => {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  if (go !== undefined) await writeFile(join(bin, 'go'), go, { mode: 0o755 });
  await expect(checkGo([serverBinary('temporal')], { PATH: bin })).rejects.toThrow(says);
});

test.each([
  { at: 0, elapsed: 60, current: 60, says: /^building temporal \(1 of 6\), 60 s so far, about 13 min left$/ },
  // Twice as slow as the measured machine so far, so the rest is taken to be so too.
  { at: 1, elapsed: 640, current: 0, says: /^building etcd \(2 of 6\), 11 min so far, about 18 min left$/ },
  { at: 5, elapsed: 818, current: 100, says: /^building kubectl \(6 of 6\), 14 min so far, about 1 s left$/ },
])('progress after $elapsed s reads like a sentence', ({ says, ...progress }) => {
  expect(describeProgress({ todo: STACK, ...progress })).toMatch(says);
});

test.each(SERVERS.filter(({ name }) => name !== 'versitygw'))(
  '$name has an official release for Linux, with a published checksum',
  (server) => {
    const release = officialRelease(server, pinnedVersion(server), 'linux', 'x64');
    expect(release?.url).toMatch(/^https:\/\/(github\.com|dl\.k8s\.io)\/.*amd64/);
    expect(release?.checksums).toMatch(/^https:/);
  },
);

const DIGEST = 'a'.repeat(64);

test.each([
  { name: 'a digest alone', text: DIGEST, digest: DIGEST },
  { name: 'a line for the file', text: `${'b'.repeat(64)}  other.tar.gz\n${DIGEST}  file.tar.gz\n`, digest: DIGEST },
  { name: 'a line in binary mode', text: `${DIGEST} *file.tar.gz\n`, digest: DIGEST },
  {
    name: 'the description of a release',
    text: JSON.stringify({ assets: [{ name: 'file.tar.gz', digest: `sha256:${DIGEST}` }] }),
    digest: DIGEST,
  },
  { name: 'a list without the file', text: `${DIGEST}  other.tar.gz\n`, digest: undefined },
  { name: 'a page with an apology', text: '<html>Not Found</html>', digest: undefined },
])('$name gives $digest', ({ text, digest }) => {
  expect(publishedDigest(text, 'file.tar.gz')).toBe(digest);
});

test.each([
  { name: 'is unpacked into the cache', checksumOf: 'itself', fetched: true },
  { name: 'with another checksum is not used', checksumOf: 'something else', fetched: false },
])('a download that $name', async ({ checksumOf, fetched }) => {
  await fakeServer(join(folder, 'v1', 'etcd'), pinned);
  execFileSync('tar', ['-czf', 'etcd.tar.gz', 'v1/etcd'], { cwd: folder });
  const archive = await readFile(join(folder, 'etcd.tar.gz'));
  const digest = createHash('sha256')
    .update(fetched ? archive : checksumOf)
    .digest('hex');
  const site = createServer((request, response) =>
    response.end(request.url === '/etcd.tar.gz' ? archive : `${digest}  etcd.tar.gz\n`),
  ).listen(0, '127.0.0.1');
  await once(site, 'listening');
  const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  const target = join(folder, 'cache');
  try {
    const release = { url: `${url}/etcd.tar.gz`, checksums: `${url}/SHA256SUMS`, member: 'v1/etcd' };
    expect(await fetchRelease(release, target, 'etcd', () => undefined)).toBe(fetched);
    expect(await readdir(target).catch(() => [])).toEqual(fetched ? ['etcd'] : []);
  } finally {
    site.closeAllConnections();
    site.close();
  }
});
