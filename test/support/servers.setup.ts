import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The environment variable with the file that describes the running servers. Set it beforehand to test against a stack that runs already. */
const VARIABLE = 'IGNITION_SYNC_TEST_STACK';

interface Shared {
  testStackHost?: ChildProcess;
}

/**
 * Starts one set of real servers for the whole run, in a process of its own: it ends with this one, however this one ends.
 * Jest may call this more than once; only the first call starts something.
 */
export default async function setup(): Promise<void> {
  const shared = globalThis as Shared;
  if (shared.testStackHost ?? process.env[VARIABLE]) return;
  const file = join(mkdtempSync(join(tmpdir(), 'ignition-sync-test-')), 'stack.json');
  const host = spawn(process.execPath, [join(process.cwd(), 'temporal-dev/stack/host.ts'), file], { stdio: ['pipe', 'pipe', 'inherit'] });
  shared.testStackHost = host;
  await new Promise<void>((resolve, reject) => {
    host.stdout.once('data', resolve);
    host.once('error', reject);
    host.once('exit', (code) =>
      reject(new Error(`The servers for the tests did not start (exit code ${code ?? 'none'}); the reason is above.`)),
    );
  });
  process.env[VARIABLE] = file;
}
