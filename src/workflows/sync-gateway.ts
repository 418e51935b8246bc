import { CancellationScope, condition, patched } from '@temporalio/workflow';
import type {
  ApplyInput,
  ApplyResult,
  GatewayConnection,
  GatewayStep,
  OwedScans,
  PairStep,
  ScanResult,
} from '../contract/gateway-activities.ts';
import type { ObjectRef, GatewayReport } from '../domain/reports.ts';
import type { PlannedGateway } from '../contract/source-activities.ts';
import { operationId } from '../contract/names.ts';
import type { Fault } from '../domain/errors.ts';
import type { Digest } from '../domain/manifest.ts';
import type { NodeState } from '../domain/redundancy/node.ts';
import { seenSessions } from '../domain/sessions.ts';
import { tookOver, willTake } from '../domain/taken.ts';
import { short } from '../domain/revision.ts';
import { isComingUp } from '../domain/reasons.ts';
import { gatewayActivities } from './activities.ts';
import { faultOf, rethrowCancellation } from './faults.ts';
import { isWaitedFor, untilNextLookForPeople } from './people.ts';
import { isAway, isWaiting, scanWhenUp } from './scan-when-up.ts';

/** What all gateways of a wave have in common. */
export interface WaveContext {
  readonly object: ObjectRef;
  readonly rollout: string;
  readonly n: number;
  readonly planDigest: string;
  readonly commit: string;
  readonly ref: string;
  readonly attempt: number;
  readonly connection: GatewayConnection;
  readonly retainSnapshots: number;
  readonly retainSnapshotBytes?: number | undefined;
  /** Gateways whose loss a person has confirmed; see `guardMirror`. */
  readonly deletesConfirmed?: readonly string[] | undefined;
}

/** Whether gateways may be changed now, and what wakes those that wait. */
export interface Gate {
  /** Set when no gateway that has not begun may begin any more. */
  stopped(): boolean;
  paused(): boolean;
  /** What ends the pause, in words. */
  pausedFor(): string;
  /** Grows whenever a message may have opened the gate. */
  generation(): number;
}

export type GatewayOutcome =
  | {
      readonly gateway: string;
      readonly kind: 'synced';
      /** It waits for a restart which it may have. */
      readonly restart?: true;
      readonly node?: NodeState;
    }
  | { readonly gateway: string; readonly kind: 'untouched'; readonly why: string }
  | { readonly gateway: string; readonly kind: 'superseded' }
  | { readonly gateway: string; readonly kind: 'unreachable'; readonly fault: Fault }
  | { readonly gateway: string; readonly kind: 'failed'; readonly restored: boolean; readonly fault: Fault };

export type Say = (news: Omit<GatewayReport, 'gateway' | 'commit' | 'ref'>) => void;

/** No ticket for now: a person or the relay's return ends that. The gateway waits in place, nothing is written. */
export const WAITS: readonly string[] = ['Paused', 'Frozen', 'ApprovalPending', 'TicketRefused', 'RelayUnreachable'];
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 300_000;

const RESTART_BY_HAND = 'Restart the gateway, or give its SyncProfile restart.windows in which that is done by itself';

/** A gateway of a plan; a node of a redundant pair, as what it is taken now. */
interface Target extends PlannedGateway {
  readonly redundancy?: PairStep;
}

/** What each step of a gateway is told beside what is its own. */
export function gatewayStep(at: WaveContext, planned: Target): GatewayStep {
  return stepOf(at, planned, 'apply');
}

function stepOf(at: WaveContext, planned: Target, step: 'apply' | 'restore'): GatewayStep {
  const { object, rollout, planDigest, connection, retainSnapshots, retainSnapshotBytes } = at;
  const op = operationId({ uid: object.uid, n: at.n, gateway: planned.gateway, step, attempt: at.attempt });
  const [expectLive, target] = step === 'apply' ? [planned.expectLive, planned.target] : [planned.target, planned.expectLive];
  const released = step === 'apply' && planned.released !== undefined ? { released: planned.released } : {};
  const people = step === 'apply' ? { designers: planned.designers, perspective: planned.perspective } : {};
  const redundancy = planned.redundancy === undefined ? {} : { redundancy: planned.redundancy };
  const bytes = retainSnapshotBytes === undefined ? {} : { retainSnapshotBytes };
  return {
    ...released,
    ...people,
    ...redundancy,
    object,
    gateway: planned.gateway,
    rollout,
    planDigest,
    expectLive,
    target,
    op,
    connection,
    retainSnapshots,
    ...bytes,
  };
}

/** What `stage` and `apply` of a gateway are told. */
export function applyStep(at: WaveContext, planned: Target): ApplyInput {
  const { localChanges, lastConfirmed, gateway } = planned;
  return {
    ...stepOf(at, planned, 'apply'),
    revision: { ref: at.ref, commit: at.commit },
    ...(localChanges !== undefined && { localChanges }),
    ...(lastConfirmed !== undefined && { lastConfirmed }),
    ...(at.deletesConfirmed?.includes(gateway) === true && { deletesConfirmed: true }),
  };
}

function failed(gateway: string, error: unknown): GatewayOutcome {
  rethrowCancellation(error);
  const fault = faultOf(error);
  if (fault.reason === 'NotCurrentRollout') return { gateway, kind: 'superseded' };
  if (fault.reason === 'Unreachable' || isComingUp(fault.reason)) return { gateway, kind: 'unreachable', fault };
  return { gateway, kind: 'failed', restored: false, fault };
}

/** A gateway that may be changed now, and what a person should know of that. */
export interface Staged {
  readonly kind: 'staged';
  readonly note: string;
  readonly live?: Digest;
  /** What it says of its redundant pair. */
  readonly node?: NodeState;
}

/** Copies what is missing to the gateway's scratch. Nothing that the gateway reads has changed, whatever comes of it. */
export async function stageGateway(at: WaveContext, planned: Target, say: Say): Promise<GatewayOutcome | Staged> {
  const agent = gatewayActivities(at.object.namespace, planned.gateway);
  say({ phase: 'Staging' });
  try {
    const staged = await agent.stage(applyStep(at, planned), `${planned.gateway}: stage ${short(at.commit)}`);
    const note = willTake(staged);
    say({ phase: 'Staged', live: staged.live, note });
    return { kind: 'staged', note, live: staged.live, ...(staged.node && { node: staged.node }) };
  } catch (error) {
    return failed(planned.gateway, error);
  }
}

/** Looks whether a gateway still is what its step takes it for. Undefined: it is. */
export type Recheck = () => Promise<Fault | undefined>;

/**
 * Makes the staged manifest live, proves it loaded, and puts the gateway back when it did not come up. Called inline by the wave, not as a child.
 * @param recheck asked after each wait, of whatever length, directly before the apply: what it says ends the sync here
 */
export async function syncGateway(
  at: WaveContext,
  planned: Target,
  { note }: Staged,
  gate: Gate,
  say: Say,
  recheck?: Recheck,
): Promise<GatewayOutcome> {
  const { gateway } = planned;
  const agent = gatewayActivities(at.object.namespace, gateway);
  const step = applyStep(at, planned);
  const began = Date.now();
  let people: { since: number; said: string; quietly: boolean } | undefined;
  let waited = false;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    if (gate.paused()) {
      say({ phase: 'Waiting', waitingFor: gate.pausedFor(), note });
      if (people) people.said = '';
      await condition(() => !gate.paused() || gate.stopped());
      waited = true;
    }
    if (recheck && waited && !gate.stopped() && patched('recheck-after-wait')) {
      const fault = await recheck();
      if (fault) return { gateway, kind: 'failed', restored: false, fault };
    }
    if (gate.stopped()) return { gateway, kind: 'untouched', why: 'the rollout stopped before this gateway' };
    if (people?.quietly !== true) say({ phase: 'Applying', note }); // looked at again, it still waits until it goes on
    try {
      const applied = await agent.apply(step, `${gateway}: apply ${short(at.commit)}`);
      say({ phase: 'Scanning', live: applied.live });
      const scan = { ...step, scans: applied.scans };
      const first = await agent.scan(scan, `${gateway}: scan`).catch((error: unknown) => {
        rethrowCancellation(error);
        return faultOf(error);
      });
      const proof = isWaiting(first) ? await scanWhenUp(at.object.namespace, scan, first, say) : first;
      if ('reason' in proof && isAway(proof)) return { gateway, kind: 'unreachable', fault: proof };
      if ('reason' in proof) return await CancellationScope.nonCancellable(() => restoreGateway(at, planned, proof, applied.scans, say));
      return synced(planned, proof, applied, say);
    } catch (error) {
      rethrowCancellation(error);
      const fault = faultOf(error);
      if (!isWaitedFor(fault, planned)) people = undefined;
      else if (!people) {
        const quietly = patched('people-since-first-seen'); // a pause before is no part of the wait for people
        people = { since: quietly ? Date.now() : began, said: '', quietly };
      }
      const look = people ? untilNextLookForPeople(planned, wait, Date.now() - people.since) : wait;
      if (look === undefined || (!people && !WAITS.includes(fault.reason))) return failed(gateway, error);
      if (people?.quietly !== true || people.said !== fault.message) say({ phase: 'Waiting', waitingFor: fault.message, note, fault });
      if (people) people.said = fault.message;
      const seen = gate.generation();
      await condition(() => gate.generation() !== seen || gate.stopped(), look);
      waited = true;
    }
  }
}

function synced({ gateway, target, restart: allowed }: PlannedGateway, proof: ScanResult, applied: ApplyResult, say: Say): GatewayOutcome {
  const { restart = [] } = proof;
  const unproved = proof.outcome === 'Loaded' ? '' : `${proof.outcome}: ${proof.message}`;
  say({
    phase: 'Synced',
    live: target,
    confirmed: { manifest: target, outcome: proof.outcome },
    restartPending: restart,
    note: [unproved, restart.length > 0 && !allowed && RESTART_BY_HAND, tookOver(applied), seenSessions(applied.sessions)]
      .filter(Boolean)
      .join('. '),
  });
  return { gateway, kind: 'synced', ...(restart.length > 0 && allowed && { restart: true }), ...(proof.node && { node: proof.node }) };
}

/** A gateway without a record is put back to having none. */
function stillStandsIn({ lastConfirmed }: PlannedGateway): Pick<GatewayReport, 'standsIn'> {
  return lastConfirmed === undefined ? {} : { standsIn: lastConfirmed };
}

/** Puts back what was live before, and lets the gateway load it again. `why` is the fault that made it necessary. */
async function restoreGateway(at: WaveContext, planned: Target, why: Fault, scans: OwedScans, say: Say): Promise<GatewayOutcome> {
  const { gateway } = planned;
  const agent = gatewayActivities(at.object.namespace, gateway);
  const step = stepOf(at, planned, 'restore');
  let fault = why;
  say({ phase: 'Restoring', fault });
  try {
    const { live, replaced = [] } = await agent.restore(step, `${gateway}: restore`);
    if (replaced.length > 0)
      fault = {
        ...why,
        message: `${why.message}. Changed by somebody meanwhile, replaced, and kept in the snapshot: ${replaced.join(', ')}`,
      };
    say({ phase: 'Restored', live, ...stillStandsIn(planned), fault });
  } catch (error) {
    return {
      gateway,
      kind: 'failed',
      restored: false,
      fault: { reason: 'RestoreFailed', message: `${why.message}; and putting it back failed: ${faultOf(error).message}` },
    };
  }
  // Whether the gateway then loads the old content does not change the outcome: the files are what they were.
  await agent.scan({ ...step, scans }, `${gateway}: scan after restore`).catch(() => undefined);
  return { gateway, kind: 'failed', restored: true, fault };
}

/** Takes a gateway back to what was live before this rollout; one that this rollout never changed stays as it is. */
export async function revertGateway(at: WaveContext, planned: Target, say: Say): Promise<GatewayOutcome> {
  const { gateway } = planned;
  const agent = gatewayActivities(at.object.namespace, gateway);
  const step = stepOf(at, planned, 'restore');
  try {
    const { live, wrote } = await agent.restore({ ...step, localChanges: 'hold' }, `${gateway}: restore`);
    if (!wrote) return { gateway, kind: 'untouched', why: 'this rollout did not change it' };
    say({
      phase: 'Restored',
      live,
      ...stillStandsIn(planned),
      fault: { reason: 'Aborted', message: 'put back because the rollout was aborted' },
    });
    await agent
      .scan({ ...step, scans: { config: true, projects: true, newProject: false } }, `${gateway}: scan after restore`)
      .catch(() => undefined);
    return { gateway, kind: 'failed', restored: true, fault: { reason: 'Aborted', message: 'the rollout was aborted' } };
  } catch (error) {
    const fault = faultOf(error);
    if (fault.reason === 'LivePreconditionFailed') return { gateway, kind: 'untouched', why: fault.message };
    say({ phase: 'Failed', fault });
    return failed(gateway, error);
  }
}
