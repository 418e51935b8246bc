import type { GatewayStep } from '../contract/gateway-activities.ts';
import { SyncError } from '../domain/errors.ts';
import { NO_MANIFEST, type Digest } from '../domain/manifest.ts';
import type { State } from './state.ts';

/**
 * State decides: a step that starts from something else than what is live changes nothing, nor does one that was carried out before.
 * @throws SyncError LivePreconditionFailed naming what is live
 */
export function guardPrecondition(state: State, step: GatewayStep): void {
  if (state.live !== step.expectLive) {
    throw new SyncError(
      'LivePreconditionFailed',
      `${name(state.live)} is live on ${step.gateway}${state.op === '' ? '' : ` (made so by ${state.op})`}, not ${name(step.expectLive)} as this step expects: plan again.`,
    );
  }
  if (state.done.includes(step.op)) {
    throw new SyncError(
      'LivePreconditionFailed',
      `${step.op} was carried out on ${step.gateway} before, and ${name(state.live)} was put back since: plan again.`,
    );
  }
}

function name(digest: Digest): string {
  return digest === NO_MANIFEST ? 'nothing of ours' : `manifest ${digest.slice(0, 12)}`;
}

/**
 * A scan proves the manifest that it names and no other, and a restart is for that one.
 * @throws SyncError LivePreconditionFailed when something else is live.
 */
export function guardLive(state: State, { target }: GatewayStep): void {
  if (state.live === target) return;
  throw new SyncError(
    'LivePreconditionFailed',
    `This step is for ${target.slice(0, 8)}, but ${state.live.slice(0, 8)} is live on this gateway.`,
  );
}
