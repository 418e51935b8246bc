import type { Desired } from '../domain/desired.ts';
import { SyncError } from '../domain/errors.ts';
import { layoutOf } from './layout-of.ts';
import { oidsOf, type Maker, type Making } from './maker.ts';

/**
 * Has everything fetched that planning will read, before anybody plans: the host may not have it any more then. What cannot be planned
 * wants nothing; planning says so.
 * @throws SyncError of the git side, and of submodules
 */
export async function bringWanted(desired: Desired, { commit, checkOut }: Omit<Making, 'staging'>, maker: Maker): Promise<void> {
  const at = { commit, ref: desired.spec.git.ref };
  const layouts = desired.gateways.flatMap((gateway) => unlessRefused(() => layoutOf(gateway, desired, at)) ?? []);
  const checkout = await checkOut(layouts);
  const plans = new Set(layouts.flatMap((layout) => unlessRefused(() => maker.planOf(layout, commit, checkout)) ?? []));
  await checkout.bring(oidsOf(plans));
}

function unlessRefused<T>(plan: () => T): T | undefined {
  try {
    return plan();
  } catch (error) {
    if (error instanceof SyncError) return undefined;
    throw error;
  }
}
