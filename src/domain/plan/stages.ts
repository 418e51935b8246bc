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
 * Orders gateways into a canary of one wave and the rest in waves, by name, so that every plan of the same set is the same.
 * Stages without gateways do not appear.
 */
export function planStages(
  gateways: readonly string[],
  rollout: { readonly canary: number; readonly waveSize: number },
): { slots: Map<string, Slot>; stages: StageSize[] } {
  const names = [...gateways].sort();
  const canary = names.slice(0, rollout.canary);
  const rest = names.slice(rollout.canary);
  const slots = new Map<string, Slot>([
    ...canary.map((name): [string, Slot] => [name, { stage: 'canary', wave: 0 }]),
    ...rest.map((name, i): [string, Slot] => [name, { stage: 'rest', wave: Math.floor(i / rollout.waveSize) }]),
  ]);
  const stages = [
    { name: 'canary', waves: 1, gateways: canary.length },
    { name: 'rest', waves: Math.ceil(rest.length / rollout.waveSize), gateways: rest.length },
  ].filter((stage) => stage.gateways > 0);
  return { slots, stages };
}
