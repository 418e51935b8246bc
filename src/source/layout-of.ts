import type { PlanInput } from '../contract/source-activities.ts';
import type { Desired, DesiredGateway } from '../domain/desired.ts';
import { SyncError } from '../domain/errors.ts';
import { resolveLayout } from '../domain/plan/layout.ts';
import type { Layout } from '../domain/plan/mapping.ts';

/** What one gateway of a desired input takes from a commit. @throws SyncError of planning, which names the gateway. */
export function layoutOf(gateway: DesiredGateway, desired: Desired, { ref, commit }: Pick<PlanInput, 'ref' | 'commit'>): Layout {
  try {
    return resolveLayout(gateway, desired.spec, { namespace: desired.object.namespace, object: desired.object.name, ref, commit });
  } catch (error) {
    if (error instanceof SyncError) throw new SyncError(error.reason, `gateway ${gateway.name}: ${error.message}`, { cause: error });
    throw error;
  }
}
