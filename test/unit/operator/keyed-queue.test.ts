import { KeyedQueue } from '../../../src/clients/kube/keyed-queue.ts';

test('nothing is worked on before it is opened, and what came meanwhile is one run', async () => {
  const runs: string[] = [];
  const done = Promise.withResolvers<undefined>();
  const queue = new KeyedQueue(
    (key, reasons) => {
      runs.push(`${key}: ${reasons.join(', ')}`);
      if (key === 'last') done.resolve(undefined);
      return Promise.resolve();
    },
    () => undefined,
  );
  for (const reason of ['one', 'two', 'one']) queue.add('a', reason);
  queue.add('last', 'x');
  expect(runs).toEqual([]);
  queue.open();
  await done.promise;
  expect(runs).toEqual(['a: one, two', 'last: x']);
  await queue.stop();
});

test('what is added to a key while it is worked on becomes one further run, never a second at once', async () => {
  let running = 0;
  const runs: string[] = [];
  const twice = Promise.withResolvers<undefined>();
  const queue = new KeyedQueue(
    async (_, reasons) => {
      expect((running += 1)).toBe(1);
      runs.push(reasons.join());
      if (runs.length === 1) {
        queue.add('a', 'during');
        queue.add('a', 'during too');
      }
      await Promise.resolve();
      running -= 1;
      if (runs.length === 2) twice.resolve(undefined);
    },
    () => undefined,
  );
  queue.open();
  queue.add('a', 'first');
  await twice.promise;
  expect(runs).toEqual(['first', 'during,during too']);
  await queue.stop();
});

test('a run that fails is told and comes again until it succeeds; other keys do not wait for it', async () => {
  let left = 2;
  const errors: string[] = [];
  const other = Promise.withResolvers<number>();
  const done = Promise.withResolvers<undefined>();
  const queue = new KeyedQueue(
    (key) => {
      if (key === 'other') other.resolve(left);
      else if (left > 0) {
        left -= 1;
        return Promise.reject(new Error('away'));
      } else done.resolve(undefined);
      return Promise.resolve();
    },
    (key, error) => errors.push(`${key}: ${String(error)}`),
  );
  queue.open();
  queue.add('a', 'x');
  queue.add('other', 'x');
  expect(await other.promise).toBe(1);
  await done.promise;
  expect(errors).toEqual(['a: Error: away', 'a: Error: away']);
  await queue.stop();
});

test('a queue that is stopped ends a wait at once and drops what is left', async () => {
  let runs = 0;
  const failed = Promise.withResolvers<undefined>();
  const queue = new KeyedQueue(
    () => {
      runs += 1;
      return Promise.reject(new Error('away'));
    },
    () => failed.resolve(undefined),
  );
  queue.open();
  queue.add('a', 'x');
  await failed.promise;
  await queue.stop();
  queue.add('b', 'x');
  expect(runs).toBe(1);
});
