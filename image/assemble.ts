/**
 * Puts together what goes into the container image; the Dockerfile only copies it.
 * `node image/assemble.ts [--out dist/image] [--os linux] [--cpu x64]`
 */
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { makeWorkflowBundle } from '../src/workers/bundle.ts';
import { type Target, installDependencies } from './dependencies.ts';
import { compileSources } from './sources.ts';

const PROJECT = resolve(import.meta.dirname, '..');
const OWN_FOLDER = join(PROJECT, 'dist/image');

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: OWN_FOLDER },
    os: { type: 'string', default: 'linux' },
    cpu: { type: 'string', default: process.arch },
  },
});

function target({ os, cpu }: { os: string; cpu: string }): Target {
  if ((os === 'linux' || os === 'darwin') && (cpu === 'x64' || cpu === 'arm64')) return { os, cpu };
  throw new Error(`There is no prebuilt Temporal core for --os ${os} --cpu ${cpu}: linux or darwin, x64 or arm64.`);
}

async function mebibytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(entries.filter((e) => e.isFile()).map(async (e) => (await stat(join(e.parentPath, e.name))).size));
  return sizes.reduce((sum, size) => sum + size, 0) / 2 ** 20;
}

const began = performance.now();
const out = resolve(values.out);
const wanted = target(values);
if (out === OWN_FOLDER) await rm(out, { recursive: true, force: true });
else if (existsSync(out) && (await readdir(out)).length > 0) throw new Error(`--out ${out} is not empty: name a new folder.`);
await mkdir(out, { recursive: true });
const [bundle] = await Promise.all([makeWorkflowBundle(), installDependencies(PROJECT, out, wanted)]);
await writeFile(join(out, 'workflow-bundle.js'), bundle);
await compileSources(join(PROJECT, 'src'), join(out, 'src'));
await cp(join(PROJECT, 'LICENSE'), join(out, 'LICENSE'));
await rm(join(out, 'package-lock.json'));
const seconds = ((performance.now() - began) / 1_000).toFixed(1);
console.log(`${out}: ${(await mebibytes(out)).toFixed(0)} MiB for ${wanted.os}/${wanted.cpu}, put together in ${seconds} s`);
