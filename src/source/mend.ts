import { SyncError } from '../domain/errors.ts';
import { NO_MANIFEST, decodeManifest } from '../domain/manifest.ts';
import type { FrozenPlan, FrozenPlans } from './frozen-plans.ts';
import { layoutOf } from './layout-of.ts';
import type { Loss } from './losses.ts';
import type { Maker, Making } from './maker.ts';
import { pairUp } from './pair-up.ts';
import type { SourceParts } from './source.ts';
import { digestOf } from './composer.ts';

/**
 * Puts everything that a plan needs into the store again: pins first, then what was kept, then what commit and desired input give.
 * @throws SyncError ContentUnavailable when what git gives now is not what was planned
 */
export async function mend(
  { store, pins, grants }: Pick<SourceParts, 'store' | 'pins' | 'grants'>,
  maker: Maker,
  { input, desired, plan, released }: FrozenPlan,
  making: Omit<Making, 'staging'>,
): Promise<void> {
  await store.objects.prepare();
  await pins.begin(input);
  await using staging = store.staging();
  const [planDigest] = [store.stageDocument(staging, plan), store.stageDocument(staging, desired)];
  const leaving = released.map(decodeManifest);
  for (const manifest of leaving) store.stageManifest(staging, manifest);
  const planned = plan.gateways.flatMap((row) => {
    const gateway = desired.gateways.find(({ name }) => name === row.gateway);
    return gateway ? [{ row, gateway }] : [];
  });
  const layouts = planned.map(({ gateway }) => layoutOf(gateway, desired, input));
  const { made: own, settled } = await maker.make(layouts, { ...making, staging });
  const made = pairUp(
    own,
    planned.map(({ gateway }) => gateway),
  );
  for (const { digest, manifest } of made) if (!own.some((one) => one.digest === digest)) store.stageManifest(staging, manifest);
  const other = planned.find(({ row }, i) => row.target !== made[i]?.digest);
  if (other)
    throw new SyncError(
      'ContentUnavailable',
      `What commit ${input.commit} gives gateway ${other.row.gateway} now is not what was planned (${other.row.target}): start a new rollout with syncNow.`,
    );
  const manifests = [...new Set([...made.map(({ digest }) => digest), ...leaving.map(digestOf)])];
  await pins.hold(input.rollout, { schema: 1, desired: input.desired, plan: planDigest, manifests });
  for (const { row } of planned)
    await grants.grantManifest(
      input.object.namespace,
      row.gateway,
      row.target,
      row.expectLive,
      row.released ?? NO_MANIFEST,
      row.lastConfirmed ?? NO_MANIFEST,
    );
  await staging.commit();
  settled();
}

/** The plans that one of these losses belongs to. */
export async function* plansWith(
  losses: readonly Loss[],
  frozen: FrozenPlans,
  { store }: Pick<SourceParts, 'store'>,
): AsyncGenerator<FrozenPlan> {
  for await (const one of frozen.all()) {
    const targets = [...new Set(one.plan.gateways.flatMap(({ target, released }) => [target, released ?? target]))];
    const missing = losses.some(({ kind, digest }) => kind === 'manifests' && targets.includes(digest));
    if (missing || (await names(store, targets, new Set(losses.flatMap(({ kind, digest }) => (kind === 'blobs' ? [digest] : []))))))
      yield one;
  }
}

async function names(store: SourceParts['store'], manifests: readonly string[], blobs: ReadonlySet<string>): Promise<boolean> {
  if (blobs.size === 0) return false;
  for (const digest of manifests) {
    const manifest = await store.readManifest(digest).catch(() => undefined);
    if (!manifest || manifest.entries.some(({ sha256 }) => blobs.has(sha256))) return true;
  }
  return false;
}
