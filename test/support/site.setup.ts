import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SITE_FILE } from './site.ts';

/**
 * Begins to start one installation of the product for all plants of the run, in a process of its own that ends with this one. It does
 * not wait: the first plant does, while other tests run.
 */
export default function setup(): void {
  const shared = globalThis as { testSiteHost?: ChildProcess };
  if (shared.testSiteHost ?? process.env[SITE_FILE]) return;
  const file = join(mkdtempSync(join(tmpdir(), 'ignition-sync-test-')), 'site.json');
  shared.testSiteHost = spawn(process.execPath, [join(process.cwd(), 'test/support/site-child.ts'), file], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  process.env[SITE_FILE] = file;
}
