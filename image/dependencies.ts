import { execFile } from 'node:child_process';
import { copyFile, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Cuts, type InstalledPackage, reachablePackages } from './reachable.ts';

const run = promisify(execFile);

/** The machine that the image is for, in npm's words. */
export interface Target {
  readonly os: 'linux' | 'darwin';
  readonly cpu: 'x64' | 'arm64';
}

/** Where each prebuilt Temporal core lies in `@temporalio/core-bridge/releases`. */
const CORES = {
  linux: { x64: 'x86_64-unknown-linux-gnu', arm64: 'aarch64-unknown-linux-gnu' },
  darwin: { x64: 'x86_64-apple-darwin', arm64: 'aarch64-apple-darwin' },
} as const;

/**
 * The SDK loads webpack's entry whenever a worker starts, but compiles workflows only when none is given. Images carry their bundle,
 * so the compiler behind that entry stays out; and Node itself comes with the base image.
 */
const CUTS: Cuts = {
  webpack: ['*'],
  '@temporalio/worker': ['@swc/core', 'swc-loader', 'source-map-loader'],
  '@kubernetes/client-node': ['@types/js-yaml', '@types/node', '@types/stream-buffers'],
};
const FROM_BASE_IMAGE: readonly string[] = ['node'];

const CORE_BRIDGE = 'node_modules/@temporalio/core-bridge';
/** Sources that prebuilt packages bring along. */
const SOURCES = [
  ...['sdk-core/crates', 'sdk-core/arch_docs', 'src', 'ts', 'bridge-macros', 'scripts', 'Cargo.lock', 'Cargo.toml'].map(
    (name) => `${CORE_BRIDGE}/${name}`,
  ),
  'node_modules/@temporalio/proto/protos/api_upstream',
  'node_modules/@temporalio/proto/protos/local',
];
/** Files that only editors, debuggers and compilers read. */
const FOR_DEVELOPERS = /\.(?:map|d\.ts|d\.mts|d\.cts)$/;

/** Installs what production needs of the lock file, and nothing else, into `folder`. */
export async function installDependencies(project: string, folder: string, target: Target): Promise<void> {
  for (const file of ['package.json', 'package-lock.json']) await copyFile(join(project, file), join(folder, file));
  const flags = ['--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--no-bin-links', '--prefer-offline', '--loglevel=error'];
  await run('npm', ['ci', ...flags, `--os=${target.os}`, `--cpu=${target.cpu}`, '--libc=glibc'], { cwd: folder });
  const { dependencies } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
  const hidden = join(folder, 'node_modules/.package-lock.json');
  const { packages } = JSON.parse(await readFile(hidden, 'utf8')) as { packages: Record<string, InstalledPackage> };
  const roots = Object.keys(dependencies).filter((name) => !FROM_BASE_IMAGE.includes(name));
  const needed = reachablePackages(packages, roots, CUTS);
  const cores = await readdir(join(folder, CORE_BRIDGE, 'releases'));
  const foreign = cores.filter((core) => core !== CORES[target.os][target.cpu]).map((core) => `${CORE_BRIDGE}/releases/${core}`);
  const unneeded = Object.keys(packages).filter((path) => ![...needed].some((kept) => kept === path || kept.startsWith(`${path}/`)));
  for (const path of [...unneeded, ...foreign, ...SOURCES]) await rm(join(folder, path), { recursive: true, force: true });
  await rm(hidden);
  await removeFilesForDevelopers(join(folder, 'node_modules'));
}

async function removeFilesForDevelopers(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const unread = entries.filter((entry) => entry.isFile() && FOR_DEVELOPERS.test(entry.name));
  await Promise.all(unread.map((entry) => rm(join(entry.parentPath, entry.name))));
}
