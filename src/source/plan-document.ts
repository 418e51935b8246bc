import type { ObjectRef } from '../domain/reports.ts';
import type { PlannedGateway, ReadWaveInput } from '../contract/source-activities.ts';
import { SyncError } from '../domain/errors.ts';

/** One gateway of a plan, in its wave; stage `unchanged` when its manifest is live already. */
interface PlanRow extends PlannedGateway {
  readonly stage: string;
  readonly wave: number;
}

/** A plan as it is kept: its digest is what approvals and tickets name, so it holds nothing that differs between two equal plans. */
export interface PlanDocument {
  readonly schema: 1;
  readonly object: ObjectRef;
  readonly commit: string;
  /** By name. */
  readonly gateways: readonly PlanRow[];
}

/**
 * The gateways of one wave, or the named ones whatever their stage.
 * @throws SyncError NoGateways when a named one is not in the plan.
 */
export function selectWave(plan: PlanDocument, { stage, wave, only }: Pick<ReadWaveInput, 'stage' | 'wave' | 'only'>): PlannedGateway[] {
  const missing = only?.find((name) => !plan.gateways.some((row) => row.gateway === name));
  if (missing !== undefined)
    throw new SyncError(
      'NoGateways',
      `gateway ${missing} is not in this plan: it was made for ${plan.gateways.map((row) => row.gateway).join(', ')}.`,
    );
  const asked = (row: PlanRow): boolean => only?.some((name) => name === row.gateway || name === row.pair?.peer) === true;
  return plan.gateways
    .filter((row) => (only ? asked(row) : row.stage === stage && row.wave === wave))
    .map(
      ({ gateway, target, expectLive, released, lastConfirmed, localChanges, designers, perspective, sessionWaitMs, restart, pair }) => ({
        gateway,
        target,
        expectLive,
        ...(released === undefined ? {} : { released }),
        ...(lastConfirmed === undefined ? {} : { lastConfirmed }),
        ...(localChanges === undefined ? {} : { localChanges }),
        ...(designers === undefined ? {} : { designers }),
        ...(perspective === undefined ? {} : { perspective }),
        ...(sessionWaitMs === undefined ? {} : { sessionWaitMs }),
        ...(restart === undefined ? {} : { restart }),
        ...(pair === undefined ? {} : { pair }),
      }),
    );
}
