import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { NAME, type Plant, profileObject, syncObject } from './plant.ts';
import { VIEW, WorkingCopy, project } from './working-copy.ts';

/** How a person sends a signal to a plant's object. */
export type Send = (plant: Plant, signal: string, input?: object) => Promise<void>;

/** What people say to a rollout over three real gateways, canary first, and what comes of it. */
export function testSignals(start: () => Promise<Plant>, send: Send): void {
  let plant: Plant;
  let copy: WorkingCopy;
  /** What the view on every gateway says before a test. */
  let before = 'first';

  beforeAll(async () => {
    plant = await start();
    copy = await WorkingCopy.create(plant.stack, 'signals');
    const commit = await copy.push(project(before));
    // Nothing but what is said makes it look.
    await plant.apply(
      profileObject([{ source: 'projects', destination: 'projects' }]),
      syncObject(copy.url, { polling: { interval: '1h' } }),
    );
    await plant.synced(commit);
  }, 120_000);
  afterAll(async () => {
    rmSync(copy.dir, { recursive: true });
    await plant[Symbol.asyncDispose]();
  }, 60_000);

  /** What the view on each gateway says. */
  const live = () =>
    plant.gateways.map(
      (gateway) =>
        (JSON.parse(readFileSync(join(plant.data(gateway), VIEW), 'utf8')) as { root: { props: { text: string } } }).root.props.text,
    );
  const everywhere = (label: string) => [label, label, label];
  const patch = (spec: object) => plant.kubectl(['patch', 'isync', NAME, '--type', 'merge', '-p', JSON.stringify({ spec })]);
  const state = (wanted: string) =>
    plant.until(wanted, (sync) => sync?.status?.rollout?.state === wanted && sync.status.rollout.commit === commit && sync.status.rollout);
  const phase = (gateway: string, wanted: string) =>
    plant.until(`${gateway} ${wanted}`, (_, gateways) => gateways.some((g) => g.metadata.name === gateway && g.status?.phase === wanted));

  let label: string;
  let commit: string;
  /** Pushes a commit and has it looked for. */
  async function change(to: string): Promise<void> {
    before = live()[0]!;
    label = to;
    commit = await copy.push(project(to));
    await plant.signal('syncNow');
  }

  /** Pushes a commit and stops the rollout in the scan of a gateway. */
  async function changeUpTo(gateway: string, to: string): Promise<() => Promise<void>> {
    await plant.faults(gateway, { scanNeverEnds: true });
    await change(to);
    await phase(gateway, 'Scanning');
    return () => plant.faults(gateway, { scanNeverEnds: false });
  }

  async function ends(): Promise<void> {
    await plant.synced(commit);
    expect(live()).toEqual(everywhere(label));
  }

  test('syncNow looks for a new commit at once', async () => {
    before = live()[0]!;
    label = 'syncNow';
    commit = await copy.push(project(label));
    await send(plant, 'syncNow');
    await ends();
  });

  test('approve: nothing is touched before it, all are changed after it', async () => {
    await patch({ approval: { required: true } });
    await change('approve');
    await state('WaitingForApproval');
    expect(plant.condition('PendingApproval')?.status).toBe('True');
    expect(live()).toEqual(everywhere(before));
    await send(plant, 'approve', { by: 'ada', planDigest: plant.sync()!.status!.rollout!.planDigest });
    await ends();
    expect(plant.sync()!.status!.rollout!.approvedBy).toBe('ada');
  });

  test('reject: no gateway is changed, and status says who and why', async () => {
    await change('reject');
    await state('WaitingForApproval');
    await send(plant, 'reject', { by: 'ada', reason: 'shift change' });
    await state('Rejected');
    expect(plant.condition('Ready')).toMatchObject({ status: 'False', reason: 'Rejected', message: 'rejected by ada: shift change' });
    expect(live()).toEqual(everywhere(before));
    await patch({ approval: { required: false } });
    await change('after the reject');
    await ends();
  });

  test('pause: what has begun is finished, the rest waits; resume: it goes on', async () => {
    const letGo = await changeUpTo('gateway-0', 'pause');
    await send(plant, 'pause', { by: 'ada' });
    await state('Paused');
    await letGo();
    await phase('gateway-0', 'Synced');
    expect(live()).toEqual([label, before, before]);
    await send(plant, 'resume', { by: 'ada' });
    await ends();
  });

  test('abort: every gateway has again what it had; syncNow tries again', async () => {
    const letGo = await changeUpTo('gateway-1', 'abort');
    await send(plant, 'abort', { by: 'ada', reason: 'alarms' });
    await letGo();
    await state('Aborted');
    expect(plant.sync()!.status!.rollout!.message).toBe('aborted by ada: alarms');
    expect(live()).toEqual(everywhere(before));
    await send(plant, 'syncNow');
    await ends();
  });

  test('emergencyStop: nothing new is changed, whatever is pushed; resume re-arms', async () => {
    const letGo = await changeUpTo('gateway-0', 'emergencyStop');
    await send(plant, 'emergencyStop', { by: 'ada', reason: 'fire drill' });
    await plant.until('Frozen', () => plant.condition('Frozen')?.status === 'True');
    expect(plant.condition('Frozen')?.message).toBe('emergency stop by ada: fire drill');
    await letGo();
    await state('Frozen');
    expect(live()).toEqual([label, before, before]);
    await send(plant, 'resume', { by: 'ada' });
    await ends();
    expect(plant.condition('Frozen')?.status).toBe('False');
  });

  test('retryGateway: the gateway that was put back is tried again, and the rollout goes on', async () => {
    await plant.faults('gateway-0', { scanFails: true });
    await change('retryGateway');
    const { message } = await state('Holding');
    expect(message).toMatch(/gateway-0 failed and was put back: ScanFailed/);
    expect(live()).toEqual(everywhere(before));
    await plant.faults('gateway-0', { scanFails: false });
    await send(plant, 'retryGateway', { gateway: 'gateway-0' });
    await ends();
  });

  test('spec.paused from kubectl: commits wait, and go out when it is taken away', async () => {
    await patch({ paused: true });
    await plant.until('Paused', () => plant.condition('Paused')?.status === 'True');
    await change('spec.paused');
    await plant.until(
      'the commit waits',
      (sync) => sync?.status?.revision?.endsWith(commit) && sync.status.waitingFor === 'spec.paused: false (the object is paused)',
    );
    expect(plant.condition('Ready')).toMatchObject({ status: 'False', reason: 'Paused' });
    expect(live()).toEqual(everywhere(before));
    await patch({ paused: false });
    await ends();
  });

  test('spec.paused from kubectl in the middle of a rollout: the gateways that have not begun wait', async () => {
    const letGo = await changeUpTo('gateway-0', 'spec.paused in the middle');
    await patch({ paused: true });
    await state('Paused');
    await letGo();
    await phase('gateway-0', 'Synced');
    expect(live()).toEqual([label, before, before]);
    await patch({ paused: false });
    await ends();
  });
}
