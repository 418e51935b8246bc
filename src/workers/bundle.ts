import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const SRC = fileURLToPath(new URL('..', import.meta.url));
/** The rooms that workflow code may be made of. */
const ROOMS = ['workflows', 'contract', 'domain', 'api'];

async function sourcesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((e) => e.isFile()).map((e) => path.join(e.parentPath, e.name));
}

/** Names the bundle by everything it is made of, the SDK's version included: another SDK needs another bundle. */
async function fingerprint(): Promise<string> {
  const files = (await Promise.all(ROOMS.map((room) => sourcesOf(path.join(SRC, room))))).flat().sort();
  const hash = createHash('sha256').update(await readFile(path.join(SRC, '../package-lock.json')));
  for (const file of files) hash.update(path.relative(SRC, file)).update(await readFile(file));
  return hash.digest('hex').slice(0, 32);
}

/** Bundles the workflow code. */
export async function makeWorkflowBundle(): Promise<string> {
  const { code } = await bundleWorkflowCode({ workflowsPath: path.join(SRC, 'workflows/index.ts'), logger: quiet });
  return code;
}

const nothing = (): void => undefined;
const quiet = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

/**
 * A file with the workflow bundle of these sources: made once and kept in the user's cache, because bundling takes seconds and
 * every worker of a development stack and of a test run needs the same one. Images carry theirs (WORKFLOW_BUNDLE_FILE).
 */
export async function cachedWorkflowBundle(): Promise<string> {
  const cache = path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'ignition-sync/workflow-bundles');
  const file = path.join(cache, `${await fingerprint()}.js`);
  const cached = await readFile(file, 'utf8').catch(() => undefined);
  if (cached !== undefined) return file;
  await mkdir(cache, { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, await makeWorkflowBundle());
  await rename(temporary, file);
  return file;
}
