/** The stage of gateways that run what is wanted already: read in waves like any other, changed by none. */
export const UNCHANGED_STAGE = 'unchanged';
/** Gateways per wave at most. */
export const MAX_WAVE = 100;

/** Where in a rollout one gateway is changed. */
export interface Slot {
  readonly stage: string;
  readonly wave: number;
}

/** One named part of a rollout. */
export interface StageSize {
  readonly name: string;
  readonly waves: number;
  readonly gateways: number;
}

/**
 * Orders the gateways that change into a canary of one wave and the rest in waves, by name, so that every plan of the same set is the same.
 * Stages without gateways do not appear;
 * those that do not change have slots but no stage.
 */
export function planStages(
  changed: readonly string[],
  unchanged: readonly string[],
  rollout: { readonly canary: number; readonly waveSize: number },
): { slots: Map<string, Slot>; stages: StageSize[] } {
  const names = [...changed].sort();
  const canary = names.slice(0, rollout.canary);
  const rest = names.slice(rollout.canary);
  const slots = new Map<string, Slot>([
    ...canary.map((name): [string, Slot] => [name, { stage: 'canary', wave: 0 }]),
    ...rest.map((name, i): [string, Slot] => [name, { stage: 'rest', wave: Math.floor(i / rollout.waveSize) }]),
    ...[...unchanged].sort().map((name, i): [string, Slot] => [name, { stage: UNCHANGED_STAGE, wave: Math.floor(i / MAX_WAVE) }]),
  ]);
  const stages = [
    { name: 'canary', waves: 1, gateways: canary.length },
    { name: 'rest', waves: Math.ceil(rest.length / rollout.waveSize), gateways: rest.length },
  ].filter((stage) => stage.gateways > 0);
  return { slots, stages };
}
