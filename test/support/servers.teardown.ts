import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';

/** Ends what the set-up started; a stack that was there before stays. */
export default async function teardown(): Promise<void> {
  const shared = globalThis as { testStackHost?: ChildProcess };
  const host = shared.testStackHost;
  if (!host) return;
  delete shared.testStackHost;
  const gone = new Promise((resolve) => host.once('exit', resolve));
  host.stdin?.end();
  if (host.exitCode === null) await gone;
  const file = process.env.IGNITION_SYNC_TEST_STACK;
  if (file !== undefined) rmSync(dirname(file), { recursive: true, force: true });
}
