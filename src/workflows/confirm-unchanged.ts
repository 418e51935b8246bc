import type { PlanResult } from '../contract/source-activities.ts';
import { MAX_WAVE, UNCHANGED_STAGE } from '../domain/plan/stages.ts';
import { gatewaysOf } from '../domain/rollout-state.ts';
import { control, source } from './activities.ts';
import type { RolloutInput } from './rollout-contract.ts';

/** Gateways whose files are the same at this commit run it without being touched: their status says so. */
export async function confirmUnchanged({ object, n, commit, ref }: RolloutInput, { planDigest, unchanged }: PlanResult): Promise<void> {
  for (let wave = 0; wave * MAX_WAVE < unchanged; wave += 1) {
    const gateways = await source.readWave({ planDigest, stage: UNCHANGED_STAGE, wave }, 'gateways that have it already');
    await control.reportStatus(
      { object, n, gateways: gateways.map(({ gateway }) => ({ gateway, commit, ref, phase: 'Synced' })) },
      `${gatewaysOf(gateways.length)} had it already`,
    );
  }
}
