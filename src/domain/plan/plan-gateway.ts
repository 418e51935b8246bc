import type { IgnitionSyncSpec } from '../../api/v1alpha1/ignition-sync.ts';
import type { DesiredGateway } from '../desired.ts';
import { compose, type GatewayPlan } from './compose.ts';
import { resolveLayout, type PlanContext } from './layout.ts';
import type { TreeEntry } from './tree.ts';

export interface PlanGatewayInput {
  /** The whole listing of the commit. */
  readonly tree: readonly TreeEntry[];
  readonly gateway: DesiredGateway;
  readonly spec: IgnitionSyncSpec;
  readonly context: PlanContext;
}

/**
 * The exact files that one gateway shall have, by git blob.
 * @throws SyncError with the field, its value and the fix; see `resolveLayout` and `compose`.
 */
export function planGateway({ tree, gateway, spec, context }: PlanGatewayInput): GatewayPlan {
  return compose(tree, resolveLayout(gateway, spec, context));
}
