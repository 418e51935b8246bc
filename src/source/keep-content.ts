import { setTimeout as sleep } from 'node:timers/promises';
import { toFault } from '../domain/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { FrozenPlan } from './frozen-plans.ts';
import { plansWith } from './mend.ts';
import type { Mirrors } from './mirrors.ts';
import type { Source } from './source.ts';
import { sweep, type SweepParts } from './sweep.ts';

/** How often losses are looked for, milliseconds: an agent that stages waits for it. */
const LOOK_MS = 1_000;
const SWEEP_MS = 60 * 60_000;
/** The first sweep lets what waited for the source to come back be planned first, milliseconds. */
const FIRST_SWEEP_MS = 10 * 60_000;

export interface KeptParts extends SweepParts {
  readonly source: Source;
  readonly mirrors: Pick<Mirrors, 'prune'>;
}

/** Keeps the content store whole and small, and the mirrors small, for as long as the process runs: what is lost is made again, what nobody needs is freed. */
export async function keepContent(parts: KeptParts, logger: Logger, stopping: AbortSignal): Promise<void> {
  let nextSweep = performance.now() + FIRST_SWEEP_MS;
  while (!stopping.aborted) {
    await mendLosses(parts, logger, stopping).catch((error: unknown) =>
      logger.warn({ err: error }, 'the content store could not be mended: tried again'),
    );
    if (performance.now() >= nextSweep) {
      nextSweep = performance.now() + SWEEP_MS;
      await sweep(parts, new Date()).then(
        (swept) => logger.info({ ...swept }, 'content store swept'),
        (error: unknown) => logger.warn({ err: error }, 'content store not swept, nothing was removed: tried again in an hour'),
      );
      await parts.mirrors.prune(new Date()).then(
        (pruned) => logger.info({ ...pruned }, 'git mirrors pruned'),
        (error: unknown) => logger.warn({ err: error }, 'git mirrors not pruned, nothing was removed: tried again in an hour'),
      );
    }
    await sleep(LOOK_MS, undefined, { signal: stopping }).catch(() => undefined);
  }
}

/** Makes again what is missing: everything when the whole store is, else the plans that readers miss something of. */
export async function mendLosses(parts: KeptParts, logger: Logger, signal?: AbortSignal): Promise<void> {
  const { store, frozen, source } = parts;
  const whole = await store.losses.isWhole();
  const losses = await store.losses.reported();
  if (whole && losses.length === 0) return;
  let [mended, failed] = [0, 0];
  const mend = async (plan: FrozenPlan): Promise<void> => {
    try {
      await source.mend(plan, signal ? { signal } : {});
      mended += 1;
    } catch (error) {
      failed += 1;
      logger.error({ rollout: plan.input.rollout, ...toFault(error) }, 'content that is lost could not be made again');
    }
  };
  for await (const plan of whole ? plansWith(losses, frozen, parts) : frozen.all()) await mend(plan);
  await store.objects.prepare();
  await store.losses.forget(losses);
  if (!whole) await store.losses.declareWhole();
  if (losses.length > 0 || mended > 0)
    logger.warn({ lost: whole ? losses.length : 'the whole store', mended, failed }, 'content was lost and made again');
}
