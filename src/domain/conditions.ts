import type { Condition, ConditionType, GatewayConditionType } from '../api/v1alpha1/conditions.ts';

/** Replaces one condition. `lastTransitionTime` moves only when `status` does. */
export function setCondition(
  all: readonly Condition[],
  next: Omit<Condition, 'lastTransitionTime' | 'type'> & { type: ConditionType | GatewayConditionType },
  now: string,
): Condition[] {
  const before = all.find((c) => c.type === next.type);
  const lastTransitionTime = before?.status === next.status ? before.lastTransitionTime : now;
  return [...all.filter((c) => c.type !== next.type), { ...next, lastTransitionTime }];
}
