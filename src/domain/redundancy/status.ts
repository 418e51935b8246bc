import type { IgnitionGatewayStatus } from '../../api/v1alpha1/ignition-gateway.ts';
import { isRedundant, nodeSummary, type NodeState } from './node.ts';

type RedundancyStatus = NonNullable<IgnitionGatewayStatus['redundancy']>;

/** The status of a gateway's part in its pair after its agent has said what it is; undefined when that is nothing new. */
export function withNode(before: RedundancyStatus | undefined, node: NodeState, now: string): RedundancyStatus | undefined {
  const { role, activityLevel, projectState } = node;
  if (!before && !isRedundant(node)) return undefined;
  if (before?.role === role && before?.activityLevel === activityLevel && before?.projectState === projectState) return undefined;
  return {
    ...(role !== undefined && { role }),
    ...(activityLevel !== undefined && { activityLevel }),
    ...(projectState !== undefined && { projectState }),
    summary: nodeSummary(node),
    since: now,
  };
}
