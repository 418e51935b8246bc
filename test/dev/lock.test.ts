import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lock, tryLock } from '../../temporal-dev/lock.mjs';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-test-'));
  file = join(folder, 'lock');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('one holds it, the next gets it when it is given back', async () => {
  const unlock = tryLock(file)!;
  expect(tryLock(file)).toBeUndefined();
  let waited = false;
  const next = lock(file, () => {
    waited = true;
    unlock();
  });
  (await next)();
  expect(waited).toBe(true);
  expect(existsSync(file)).toBe(false);
});

test('what a dead process left is taken over, and its late unlock takes nothing away', () => {
  const late = tryLock(file)!;
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(file, longAgo, longAgo);
  const unlock = tryLock(file)!;
  late();
  expect(existsSync(file)).toBe(true);
  unlock();
  expect(existsSync(file)).toBe(false);
});

test('a lock that somebody touched a moment ago is respected, whoever it was', () => {
  writeFileSync(file, 'somebody');
  expect(tryLock(file)).toBeUndefined();
});
