import { execFile } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseOptions } from '../../../temporal-dev/start/options.ts';
import { wholeNumber } from '../../../temporal-dev/usage.ts';

const run = async (script: string, ...args: string[]): Promise<{ code: number; said: string }> =>
  promisify(execFile)(process.execPath, [script, ...args], { env: { ...process.env, NODE_OPTIONS: '' } }).then(
    ({ stdout, stderr }) => ({ code: 0, said: stdout + stderr }),
    (error: unknown) => {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, said: stdout + stderr };
    },
  );

test('what is typed wrongly is refused in words and with exit code 64: nothing looks as if it had succeeded, and no trace is shown', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const port = `${(taken.address() as AddressInfo).port}`;
  const crash = 'test/crash/run.ts';
  const gateway = 'test/support/gateway-simulator/main.ts';
  const answers = await Promise.all([
    run(crash, '--points', 'x'),
    run(crash, '--pionts', '3'),
    run(gateway),
    run(gateway, '--data', join(mkdtempSync(join(tmpdir(), 'usage-')), 'data'), '--port', port),
  ]);
  taken.close();
  const says = [/--points x: a whole number/, /'--pionts'/, /--data DIR is needed/, /--port \d+ is in use/];
  for (const [index, { code, said }] of answers.entries()) {
    expect(said).toMatch(says[index]!);
    expect([code, /\n {4}at /.test(said)]).toEqual([64, false]);
  }
});

test.each([['--dir', 'package.json'], ['--gateways', '21', '--repo', '.'], ['--nope']])('npm start refuses %s %s', (...args) => {
  expect(() => parseOptions(args)).toThrow(args[0]);
});

test.each(['', ' 3', '1e3', '-1', '3.5', 'NaN', '11'])('"%s" is no whole number from 1 to 10', (text) => {
  expect(() => wholeNumber('--n', text, 1, 10)).toThrow('--n');
});
