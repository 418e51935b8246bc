/**
 * Holds a stack for other processes: `node temporal-dev/stack/host.ts FILE [OPTIONS]` starts it with the options given as JSON, writes
 * its description to FILE and runs until its standard input ends or it is asked to stop.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { StackError } from '../failure.ts';
import { startStack, type StackOptions } from './stack.ts';

const [file, options = '{}'] = process.argv.slice(2);
if (file === undefined) throw new Error('Usage: node temporal-dev/stack/host.ts FILE [OPTIONS]');

const asked = new Promise<void>((resolve) => {
  process.stdin.once('end', resolve).resume();
  process.once('SIGINT', resolve);
  process.once('SIGTERM', resolve);
});

try {
  const stack = await startStack({ ...(JSON.parse(options) as StackOptions), say: (line) => process.stderr.write(`${line}\n`) });
  writeFileSync(file, JSON.stringify(stack.description), { mode: 0o600 });
  process.stdout.write(`${file}\n`);
  await asked;
  rmSync(file, { force: true });
  await stack.stop();
  process.exit(0);
} catch (error) {
  process.stderr.write(`${error instanceof StackError ? error.message : String(error)}\n`);
  process.exit(1);
}
