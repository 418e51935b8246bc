import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { WorkflowHandle } from '@temporalio/client';
import { NAME, OwnPlant, type Plant, profileObject, secret, syncObject } from '../support/plant.ts';
import { WorkingCopy, project } from '../support/working-copy.ts';
import type { Case } from './report.ts';

const run = promisify(execFile);
const HMAC_KEY = 'bench';

type History = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>;

interface Step {
  readonly name: string;
  readonly ms: number;
}

/**
 * From `git push` (its webhook, sent when the push has returned) to the files live on three gateways, canary first. The gateways' own
 * scan time is taken out. Peer: what a script would do: `git pull` in three clones, one after the other.
 */
export async function latency({ runs }: { runs: number }): Promise<Case[]> {
  await using plant = await OwnPlant.start();
  const copy = await WorkingCopy.create(plant.stack, 'latency');
  const first = await copy.push(project('0'));
  await plant.apply(
    secret('webhook', { key: HMAC_KEY }),
    profileObject([{ source: 'projects', destination: 'projects' }]),
    syncObject(copy.url, { webhook: { secretRef: { name: 'webhook', key: 'key' } }, polling: { interval: '1h' } }),
  );
  await plant.synced(first);
  const clones = await pullClones(copy.url, plant.stack.description.env);
  const total: number[] = [];
  const peer: number[] = [];
  const steps = new Map<string, number[]>();
  for (let i = 1; i <= runs; i += 1) {
    const commit = await copy.push(project(`${i}`));
    const began = Date.now();
    await webhook(plant);
    await plant.synced(commit);
    const { n, scanMs, of } = await stepsOf(plant, began);
    total.push(lastLive(plant) - began - scanMs);
    for (const { name, ms } of of) steps.set(name, [...(steps.get(name) ?? []), ms]);
    peer.push(await pullAll(clones));
    process.stderr.write(`\rrollout ${n}: ${total.at(-1)} ms `);
  }
  process.stderr.write('\n');
  for (const clone of clones) rmSync(clone.dir, { recursive: true });
  return [
    {
      case: 'push to live on three gateways, without scans',
      unit: 'ms',
      samples: total,
      peer: { name: 'git pull in three clones', samples: peer },
    },
    ...[...steps].map(([name, samples]) => ({ case: `  ${name}`, unit: 'ms', samples })),
  ];
}

async function webhook({ installation, namespace }: OwnPlant): Promise<void> {
  const body = JSON.stringify({ ref: 'refs/heads/main' });
  const signature = `sha256=${createHmac('sha256', HMAC_KEY).update(body).digest('hex')}`;
  const answer = await fetch(`${installation.receiverUrl}/webhooks/${namespace}/${NAME}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', 'x-hub-signature-256': signature },
  });
  if (answer.status !== 202) throw new Error(`the receiver answered ${answer.status}`);
}

/** When the last gateway's files became live, by the agents' own records. */
function lastLive(plant: Plant): number {
  return Math.max(...plant.gateways.map((gateway) => new Date(plant.commits(gateway).at(-1)?.at ?? 0).getTime()));
}

/** Where the time went, from the histories of the rollout and its waves: the gap before a step counts to the step. */
async function stepsOf(plant: Plant, began: number): Promise<{ n: number; scanMs: number; of: Step[] }> {
  const n = plant.sync()?.status?.rollout?.number ?? 0;
  const rollout = `rollout/${plant.namespace}/${NAME}/${n}`;
  const at = async (id: string) => marks((await plant.temporal.workflow.getHandle(id).fetchHistory()).events ?? []);
  const [of, canary, rest] = [await at(rollout), await at(`${rollout}/canary/0`), await at(`${rollout}/rest/0`)];
  const last = (marks_: Mark[], name: string): number => Math.max(...marks_.filter((m) => m.name === name).map((m) => m.ended));
  const planned = last(of, 'plan');
  const order: [string, number][] = [
    ['webhook, readDesired, resolveRevision, rollout started', of[0]?.scheduled ?? began],
    ['fetch', last(of, 'fetch')],
    ['plan', planned],
    [
      'status before the first wave',
      Math.max(
        ...of
          .filter((m) => m.name === 'reportStatus' && m.scheduled >= planned)
          .map((m) => m.ended)
          .slice(0, 1),
        planned,
      ),
    ],
    ['canary: wave started and read', last(canary, 'readWave')],
    ['canary: stage', last(canary, 'stage')],
    ['canary: apply', last(canary, 'apply')],
    ['canary: scan (the gateway’s own time included)', last(canary, 'scan')],
    ['rest: wave started and read', last(rest, 'readWave')],
    ['rest: stage', last(rest, 'stage')],
    ['rest: apply', last(rest, 'apply')],
  ];
  let before = began;
  const steps = order.map(([name, ended]) => {
    const step = { name, ms: ended - before };
    before = ended;
    return step;
  });
  return { n, scanMs: canary.find((m) => m.name === 'scan')?.scanMs ?? 0, of: steps };
}

interface Mark {
  readonly name: string;
  readonly scheduled: number;
  readonly ended: number;
  readonly scanMs: number;
}

function marks(events: History): Mark[] {
  const time = (event: History[number] | undefined): number =>
    Number(event?.eventTime?.seconds ?? 0) * 1_000 + (event?.eventTime?.nanos ?? 0) / 1e6;
  return events.flatMap((event) => {
    const done = event.activityTaskCompletedEventAttributes;
    if (!done) return [];
    const scheduled = events.find((e) => e.eventId?.toString() === done.scheduledEventId?.toString());
    const data = done.result?.payloads?.[0]?.data;
    const result = data && data.length > 0 ? (JSON.parse(Buffer.from(data).toString()) as { scanMs?: number } | null) : null;
    return [
      {
        name: scheduled?.activityTaskScheduledEventAttributes?.activityType?.name ?? '',
        scheduled: time(scheduled),
        ended: time(event),
        scanMs: result?.scanMs ?? 0,
      },
    ];
  });
}

interface Clone {
  readonly dir: string;
  readonly env: NodeJS.ProcessEnv;
}

async function pullClones(url: string, env: NodeJS.ProcessEnv): Promise<Clone[]> {
  const clones = [1, 2, 3].map(() => ({ dir: mkdtempSync(join(tmpdir(), 'ignition-sync-pull-')), env }));
  for (const { dir } of clones) await run('git', ['clone', '--quiet', url, dir], { env });
  return clones;
}

async function pullAll(clones: readonly Clone[]): Promise<number> {
  const began = performance.now();
  for (const { dir, env } of clones) await run('git', ['-C', dir, 'pull', '--quiet'], { env });
  return performance.now() - began;
}
