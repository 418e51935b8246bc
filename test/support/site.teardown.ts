import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { SITE_FILE } from './site.ts';

/** Ends what the set-up started; an installation that was there before stays. */
export default async function teardown(): Promise<void> {
  const shared = globalThis as { testSiteHost?: ChildProcess };
  const host = shared.testSiteHost;
  if (!host) return;
  delete shared.testSiteHost;
  host.stdin?.end();
  if (host.exitCode === null) await once(host, 'exit');
  const file = process.env[SITE_FILE];
  if (file !== undefined) rmSync(dirname(file), { recursive: true, force: true });
}
