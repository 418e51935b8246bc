import { MockActivityEnvironment } from '@temporalio/testing';
import { createSourceActivities } from '../../../src/activities/source/index.ts';
import type { PlanResult, ResolveInput } from '../../../src/contract/source-activities.ts';
import type { Revision } from '../../../src/domain/reports.ts';
import { SyncError } from '../../../src/domain/errors.ts';
import type { Source, Work } from '../../../src/source/source.ts';
import { gateway, Workbench } from './support/workbench.ts';

test('the activities do what the source does', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const commit = repo.commit({ 'projects/p/f': 'content' });
  const { source } = await bench.opened;
  const activities = createSourceActivities(source);
  const environment = new MockActivityEnvironment();
  const input = await bench.input({ repo: repo.url }, [gateway('a')]);
  expect(
    await environment.run((given: Parameters<typeof activities.resolveRevision>[0]) => activities.resolveRevision(given), input),
  ).toEqual({ ref: 'main', commit });
  expect(await environment.run((given: Parameters<typeof activities.fetch>[0]) => activities.fetch(given), { ...input, commit })).toEqual({
    author: 'Åsa',
    subject: 'change',
  });
  const plan: PlanResult = await environment.run((given: Parameters<typeof activities.plan>[0]) => activities.plan(given), {
    ...input,
    commit,
  });
  expect(
    await environment.run((given: Parameters<typeof activities.readWave>[0]) => activities.readWave(given), {
      planDigest: plan.planDigest,
      stage: 'canary',
      wave: 0,
    }),
  ).toMatchObject([{ gateway: 'a', expectLive: 'none' }]);
});

/** A source whose host is silent until the call is called off. */
class SilentSource {
  async resolveRevision(_input: ResolveInput, work: Work): Promise<Revision> {
    work.onProgress?.('waiting for the host');
    return await new Promise((_resolve, reject) => work.signal?.addEventListener('abort', () => reject(work.signal?.reason as Error)));
  }
}

test('a call that waits for a host heartbeats with its progress, and ends when it is cancelled', async () => {
  const environment = new MockActivityEnvironment();
  const beat = new Promise<unknown>((resolve) => environment.on('heartbeat', resolve));
  const activities = createSourceActivities(new SilentSource() as unknown as Source);
  const running = environment.run((given: Parameters<typeof activities.resolveRevision>[0]) => activities.resolveRevision(given), {
    object: { namespace: 'n', name: 'o', uid: 'u' },
    desired: 'd',
  });
  expect(await beat).toBe('waiting for the host');
  environment.cancel();
  await expect(running).rejects.toThrow('CANCELLED');
});

test('a host that wants to be left alone does not keep the object from hearing of anything else meanwhile', async () => {
  const environment = new MockActivityEnvironment();
  const limited = { resolveRevision: () => Promise.reject(new SyncError('RateLimited', 'too often', { retryAfterMs: 600_000 })) };
  const activities = createSourceActivities(limited as unknown as Source);
  const input: ResolveInput = { object: { namespace: 'n', name: 'o', uid: 'u' }, desired: 'd' };
  const running = environment.run((given: ResolveInput) => activities.resolveRevision(given), input);
  await expect(running).rejects.toMatchObject({ type: 'RateLimited', nonRetryable: true, message: 'too often' });
});
