import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isFinal } from '../../src/domain/reports.ts';
import { NAME, OwnPlant, secret, syncObject } from '../support/plant.ts';
import { testSignals } from '../support/signals.ts';
import { VIEW, WorkingCopy, project } from '../support/working-copy.ts';

const PUSHES = 20;
/** A remote that failed several times in a row is left alone for so long, unless there is a reason to ask it, milliseconds. */
const LEFT_ALONE_MS = 60_000;

let plant: OwnPlant;

describe('said from the Temporal UI, to the run that is open there', () => {
  testSignals(
    async () => (plant = await OwnPlant.start()),
    async (_, signal, input) => {
      const rollout = plant.sync()?.status?.rollout;
      const id = rollout && !isFinal(rollout.state) ? rollout.id : plant.workflowId;
      await plant.temporal.workflow.getHandle(id).signal(signal, ...(input ? [input] : []));
    },
  );

  describe('with the git host calling the webhook receiver', () => {
    const [repository, key] = ['pushes', 'webhook-key'];
    let copy: WorkingCopy;

    beforeAll(async () => {
      copy = await WorkingCopy.create(plant.stack, repository);
      const commit = await copy.push(project('begin'));
      const token = { secretRef: { name: 'git', key: 'token' } };
      await plant.apply(
        secret('webhook', { key }),
        secret('git', { token: 'right' }),
        syncObject(copy.url, {
          git: { repo: copy.url, ref: 'main', auth: { token } },
          polling: { interval: '1h' },
          webhook: { secretRef: { name: 'webhook', key: 'key' } },
        }),
      );
      await plant.synced(commit);
    }, 60_000);
    afterAll(() => rmSync(copy.dir, { recursive: true }));

    async function callWebhook(): Promise<void> {
      const url = `${plant.installation.receiverUrl}/webhooks/${plant.namespace}/${NAME}`;
      const { status } = await fetch(url, { method: 'POST', body: '{}', headers: { authorization: `Bearer ${key}` } });
      expect(status).toBe(202);
    }

    test('20 pushes in a row, each with its call, end on the last everywhere', async () => {
      const began = performance.now();
      let last = '';
      for (let n = 1; n <= PUSHES; n += 1) {
        last = await copy.push(project(`push ${n}`));
        await callWebhook();
      }
      const seconds = (performance.now() - began) / 1_000;
      const before = await plant.stack.git.requests(repository);
      await plant.synced(last);
      const after = await plant.stack.git.requests(repository);
      console.log(`${PUSHES} pushes in ${seconds.toFixed(1)} s, then ${after.fetches - before.fetches} fetches until the last is live`);
      for (const gateway of plant.gateways) expect(readFileSync(join(plant.data(gateway), VIEW), 'utf8')).toContain(`push ${PUSHES}"`);
      expect(plant.sync()?.status?.rollout?.commit).toBe(last);
    });

    const failedLooks = async (): Promise<number> => {
      const { events } = await plant.temporal.workflow.getHandle(plant.workflowId).fetchHistory();
      return events?.filter(({ activityTaskFailedEventAttributes: failed }) => failed).length ?? 0;
    };

    /** Has a host that fails looked at until it is left alone for long. Returns when it was asked last. */
    async function leftAlone(reason: string, look: () => Promise<void>): Promise<number> {
      for (let looks = 0; looks < 2; looks += 1) {
        const before = await failedLooks();
        await look(); // each asks the host three times
        while ((await failedLooks()) <= before) await setTimeout(100);
      }
      await plant.until(reason, () => plant.condition('RefResolved')?.reason === reason);
      return performance.now();
    }

    const syncNow = () => plant.signal('syncNow');

    test.each([
      { by: 'the webhook', call: callWebhook, before: syncNow },
      { by: 'syncNow', call: syncNow, before: callWebhook },
    ])('a host that is left alone after failures is asked at once by $by', async ({ by, call, before }) => {
      await plant.stack.git.setFault(repository, 503);
      const since = await leftAlone('HostUnreachable', before);
      await plant.stack.git.setFault(repository, undefined);
      const commit = await copy.push(project(`by ${by}`));
      await call();
      await plant.synced(commit);
      expect(performance.now() - since).toBeLessThan(LEFT_ALONE_MS);
    });

    test('a host that refused a login is asked again with the new one as soon as the Secret has it', async () => {
      await plant.stack.git.setCredentials(repository, { username: 'git', password: 'rotated' });
      const since = await leftAlone('AuthenticationFailed', syncNow);
      await plant.apply(secret('git', { token: 'rotated' }));
      await plant.until('the new login is used', () => plant.condition('RefResolved')?.status === 'True');
      expect(performance.now() - since).toBeLessThan(LEFT_ALONE_MS);
    });
  });
});
