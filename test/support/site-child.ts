/**
 * Holds the installation that the plants of a test run share: `node test/support/site-child.ts FILE` writes to FILE where it is, and runs
 * until its standard input ends.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Installation } from '../../temporal-dev/install/installation.ts';
import { startStack } from '../../temporal-dev/stack/stack.ts';
import { programUnderTest } from './program-under-test.ts';
import type { SiteNews } from './site.ts';

const [file = ''] = process.argv.slice(2);
const asked = new Promise<void>((resolve) => {
  process.stdin.once('end', resolve).resume();
  process.once('SIGTERM', resolve);
});

function tell(news: SiteNews): void {
  writeFileSync(`${file}.next`, JSON.stringify(news), { mode: 0o600 });
  renameSync(`${file}.next`, file);
}

try {
  const stack = await startStack({ say: (line) => process.stderr.write(`${line}\n`) });
  const installation = await Installation.start({ stack, dir: join(stack.description.dataDir, 'installation'), ...programUnderTest() });
  tell({ stack: stack.description, pods: installation.pods });
  await asked;
  await installation.stop();
  await stack.stop();
  process.exit(0);
} catch (error) {
  tell({ failed: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}
