import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDir, pinnedVersion } from './pins.ts';
import type { ServerBinary } from './servers.ts';

const run = promisify(execFile);

const PROBE_MS = 2_000;
const DOWNLOAD_MS = 300_000;

/** Where a project publishes a ready binary of one server, and what its bytes must hash to. */
interface Release {
  readonly url: string;
  /** Where its SHA-256 is published: the digest alone, lines of digest and file name, or GitHub's description of the release. */
  readonly checksums: string;
  /** The file inside the archive; undefined where the binary itself is published. */
  readonly member?: string;
}

/** The official release of a server for this machine; undefined where its project publishes none that fits. */
export function officialRelease(server: ServerBinary, version: string, platform: NodeJS.Platform, arch: string): Release | undefined {
  const os = platform === 'linux' || platform === 'darwin' ? platform : undefined;
  const cpu = arch === 'x64' ? 'amd64' : arch === 'arm64' ? 'arm64' : undefined;
  if (!os || !cpu) return undefined;
  if (server.name === 'temporal') {
    const base = `https://github.com/temporalio/cli/releases/download/v${version}`;
    return { url: `${base}/temporal_cli_${version}_${os}_${cpu}.tar.gz`, checksums: `${base}/checksums.txt`, member: 'temporal' };
  }
  if (server.name === 'kwok') {
    return {
      url: `https://github.com/kubernetes-sigs/kwok/releases/download/v${version}/kwok-${os}-${cpu}`,
      checksums: `https://api.github.com/repos/kubernetes-sigs/kwok/releases/tags/v${version}`,
    };
  }
  if (server.name === 'etcd') {
    if (os !== 'linux') return undefined;
    const base = `https://github.com/etcd-io/etcd/releases/download/v${version}`;
    const folder = `etcd-v${version}-${os}-${cpu}`;
    return { url: `${base}/${folder}.tar.gz`, checksums: `${base}/SHA256SUMS`, member: `${folder}/etcd` };
  }
  // Of the Kubernetes servers only kubectl is published for other systems than Linux.
  if (os !== 'linux' && server.name !== 'kubectl') return undefined;
  const url = `https://dl.k8s.io/release/v${version}/bin/${os}/${cpu}/${server.name}`;
  return { url, checksums: `${url}.sha256` };
}

/** The SHA-256 that is published for a file; undefined where there is none. */
export function publishedDigest(checksums: string, fileName: string): string | undefined {
  const digest = checksums.startsWith('{') ? digestOfAsset(checksums, fileName) : digestInLines(checksums, fileName);
  return digest && /^[0-9a-f]{64}$/.test(digest) ? digest : undefined;
}

function digestInLines(text: string, fileName: string): string | undefined {
  const lines = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+\*?/));
  const alone = lines.length === 1 && lines[0]?.length === 1 ? lines[0][0] : undefined;
  return lines.find(([, name]) => name === fileName)?.[0] ?? alone;
}

function digestOfAsset(json: string, fileName: string): string | undefined {
  const { assets = [] } = JSON.parse(json) as { assets?: { name: string; digest?: string }[] };
  return assets.find(({ name }) => name === fileName)?.digest?.replace(/^sha256:/, '');
}

/** Puts the official release of a server into the cache; false where it cannot be had, for whatever reason: it can be built instead. */
export async function downloadBinary(server: ServerBinary, env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<boolean> {
  const version = pinnedVersion(server);
  const release = officialRelease(server, version, process.platform, process.arch);
  return release ? fetchRelease(release, cacheDir(server.family, env), server.name, say) : false;
}

/** Fetches a release, checks it, and puts its binary into a folder whole; false where that cannot be done. */
export async function fetchRelease(release: Release, folder: string, name: string, say: (line: string) => void): Promise<boolean> {
  const checksums = await get(release.checksums, PROBE_MS);
  const digest = checksums && publishedDigest(checksums.toString('utf8'), release.url.slice(release.url.lastIndexOf('/') + 1));
  if (!digest) return false;
  say(`downloading ${name} from ${new URL(release.url).host}`);
  const body = await get(release.url, DOWNLOAD_MS);
  if (!body) return false;
  if (createHash('sha256').update(body).digest('hex') !== digest) {
    say(`the download of ${name} does not have the published checksum: it is not used`);
    return false;
  }
  await install(body, release, folder, name);
  return true;
}

async function install(body: Buffer, release: Release, target: string, name: string): Promise<void> {
  const scratch = join(target, `.${name}.${randomUUID()}`);
  mkdirSync(scratch, { recursive: true });
  try {
    const file = join(scratch, 'download');
    writeFileSync(file, body);
    if (release.member) await run('tar', ['-xzf', file, '-C', scratch, release.member]);
    const binary = release.member ? join(scratch, release.member) : file;
    chmodSync(binary, 0o755);
    renameSync(binary, join(target, name));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function get(url: string, deadlineMs: number): Promise<Buffer | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(deadlineMs) });
    return response.ok ? Buffer.from(await response.arrayBuffer()) : undefined;
  } catch {
    return undefined;
  }
}
