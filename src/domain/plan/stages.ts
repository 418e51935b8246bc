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

/** Gateways that change together: one, or the two nodes of a redundant pair. */
export type Unit = readonly string[];

/**
 * Orders what changes into a canary of one wave and the rest in waves, by name, so that every plan of the same set is the same. A pair
 * counts once, and both its nodes are in one wave. Stages without gateways do not appear; gateways that do not change have slots but no
 * stage.
 */
export function planStages(
  changed: readonly Unit[],
  unchanged: readonly string[],
  rollout: { readonly canary: number; readonly waveSize: number },
): { slots: Map<string, Slot>; stages: StageSize[] } {
  const units = changed.map((unit) => [...unit].sort()).sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  const waves: Record<'canary' | 'rest', Unit[]> = {
    canary: inWaves(units.slice(0, rollout.canary), MAX_WAVE),
    rest: inWaves(units.slice(rollout.canary), rollout.waveSize),
  };
  const slots = new Map<string, Slot>();
  for (const stage of ['canary', 'rest'] as const)
    waves[stage].forEach((names, wave) => names.forEach((name) => slots.set(name, { stage, wave })));
  [...unchanged].sort().forEach((name, i) => slots.set(name, { stage: UNCHANGED_STAGE, wave: Math.floor(i / MAX_WAVE) }));
  const stages = Object.entries(waves)
    .map(([name, of]) => ({ name, waves: of.length, gateways: of.flat().length }))
    .filter(({ gateways }) => gateways > 0);
  return { slots, stages };
}

/** The gateways of each wave: at most so many units, and never more gateways than a wave may hold. */
function inWaves(units: readonly Unit[], size: number): Unit[] {
  const waves: string[][] = [];
  let [wave, left]: [string[], number] = [[], 0];
  for (const unit of units) {
    if (left === 0 || wave.length + unit.length > MAX_WAVE) {
      waves.push((wave = []));
      left = size;
    }
    wave.push(...unit);
    left -= 1;
  }
  return waves;
}
