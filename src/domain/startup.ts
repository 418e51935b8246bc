import type { IgnitionGatewayStatus } from '../api/v1alpha1/ignition-gateway.ts';
import type { IgnitionSync } from '../api/v1alpha1/objects.ts';
import { NO_MANIFEST, type Digest } from './manifest.ts';
import { isFinal } from './reports.ts';
import { commitOf } from './revision.ts';

/**
 * What a gateway that starts may expect. `nothing`: what is wanted is live. `sync`: one is on its way. `held`: none comes before somebody
 * acts, so that waiting for it would keep the gateway down.
 */
export interface Expectation {
  readonly expects: 'nothing' | 'sync' | 'held';
  /** Why, in words for people. */
  readonly message: string;
}

/** Rollouts that stand still until a person acts. */
const STANDING: readonly string[] = ['WaitingForApproval', 'Paused', 'Frozen', 'Holding', 'Aborting'];

/** Judged by the objects alone, as tickets are. */
export function startupExpectation(sync: IgnitionSync | undefined, gateway: IgnitionGatewayStatus | undefined, live: Digest): Expectation {
  if (!sync || sync.metadata.deletionTimestamp !== undefined) return held('its IgnitionSync is gone');
  const { spec, status } = sync;
  const object = `IgnitionSync ${sync.metadata.name}`;
  const isTrue = (type: string): boolean => status?.conditions?.some((c) => c.type === type && c.status === 'True') ?? false;
  if (status?.frozen || isTrue('Frozen')) return held(`${object} is stopped`);
  if (spec.paused || isTrue('Paused')) return held(`${object} is paused`);
  const { rollout } = status ?? {};
  if (isSynced(sync, gateway, live)) return { expects: 'nothing', message: 'what is wanted is live' };
  if (rollout && STANDING.includes(rollout.state)) return held(`${rollout.id} is ${rollout.state}`);
  if (rollout && isFinal(rollout.state) && rollout.state !== 'Succeeded' && rollout.state !== 'Superseded')
    return held(`${rollout.id} ended as ${rollout.state}`);
  if (isTrue('Stalled')) return held(`${object} is stalled`);
  return { expects: 'sync', message: live === NO_MANIFEST ? 'its first sync is on its way' : 'a sync is on its way' };
}

/**
 * The gateway has proved to run what its object wants now: by a rollout that is over, or earlier in the one that is under way. Where that is
 * not certain, such as while a changed profile is planned anew, a sync may be coming.
 */
function isSynced({ metadata, status }: IgnitionSync, gateway: IgnitionGatewayStatus | undefined, live: Digest): boolean {
  const { revision, contentHash, rollout, observedGeneration } = status ?? {};
  if (gateway?.confirmed === undefined || gateway.confirmed.manifest !== live || observedGeneration !== metadata.generation) return false;
  if (rollout?.contentHash !== contentHash || rollout?.commit !== commitOf(revision) || commitOf(gateway.revision) !== rollout?.commit)
    return false;
  return rollout?.state === 'Succeeded' || (gateway.phase === 'Synced' && (gateway.since ?? '') > (rollout?.startedAt ?? ''));
}

function held(why: string): Expectation {
  return { expects: 'held', message: `no sync comes before somebody acts: ${why}` };
}
