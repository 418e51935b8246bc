import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ACCEPTED } from '../../api/v1alpha1/conditions.ts';
import { IgnitionSyncSpec, type IgnitionSyncStatus } from '../../api/v1alpha1/ignition-sync.ts';
import { REQUESTED_SYNC } from '../../api/v1alpha1/pod-annotations.ts';
import { durationMs } from '../../api/v1alpha1/schema.ts';
import { SyncProfileSpec } from '../../api/v1alpha1/sync-profile.ts';
import type { DesiredSummary, ReadDesiredInput } from '../../contract/control-activities.ts';
import { contentText } from '../../domain/content-hash.ts';
import type { Desired, DesiredGateway } from '../../domain/desired.ts';
import { hasDrifted } from '../../domain/drift.ts';
import { type Fault, SyncError } from '../../domain/errors.ts';
import { NO_MANIFEST } from '../../domain/manifest.ts';
import { isOutOfDate, isPlanOutdated } from '../../domain/out-of-date.ts';
import { comparePaths } from '../../domain/manifest.ts';
import { validateProfile } from '../../domain/plan/validate-profile.ts';
import { validateShared } from '../../domain/plan/validate-shared.ts';
import { findPairs } from '../../domain/redundancy/pairs.ts';
import { isReason } from '../../domain/reasons.ts';
import type { RolloutState } from '../../domain/reports.ts';
import { PAUSED_BY_SIGNAL } from '../../domain/verdicts.ts';
import type { DocumentStore, ObjectStore, StoredGateway, StoredProfile } from './ports.ts';

/** Most names that travel in a payload. */
const MOST_NAMES = 100;

/** Reads everything a sync goes by and keeps it by digest. */
export function createReadDesired(store: ObjectStore, documents: DocumentStore) {
  return async function readDesired({ namespace, name, retry }: ReadDesiredInput): Promise<DesiredSummary> {
    const sync = await store.sync(namespace, name);
    if (!sync) return { exists: false };
    const parsed = IgnitionSyncSpec.safeParse(sync.spec);
    if (!parsed.success) throw new SyncError('InvalidSpec', `IgnitionSync ${namespace}/${name}: ${z.prettifyError(parsed.error)}`);
    const spec = parsed.data;
    const stored = (await store.gateways(namespace)).filter((g) => g.spec.syncRef.name === name);
    const profiles = await readProfiles(store, namespace, stored);
    const pairs = pairsOf(stored);
    const gateways = stored.map((g) => desiredGateway(g, profiles, pairs)).sort((a, b) => comparePaths(a.name, b.name));
    const vars = gateways.flatMap(({ profile }) => Object.keys(profile?.spec.vars ?? {}));
    const [wrong] = spec.shared ? validateShared(spec.shared, vars) : [];
    if (wrong) throw new SyncError(wrong.reason, `IgnitionSync ${namespace}/${name}: ${wrong.message}`);
    const object = { namespace, name, uid: sync.metadata.uid };
    const desired: Desired = { schema: 1, object, generation: sync.metadata.generation, spec, gateways };
    const { rollout, frozen, tag, conditions, lastHandledSyncRequest: handledSync } = sync.status ?? {};
    const requestedSync = sync.metadata.annotations[REQUESTED_SYNC];
    return {
      exists: true,
      object,
      generation: sync.metadata.generation,
      desired: await documents.putDocument(desired),
      contentHash: createHash('sha256').update(contentText(desired)).digest('hex').slice(0, 32),
      ref: spec.git.ref,
      paused: spec.paused,
      approval: { required: spec.approval.required, timeoutMs: durationMs(spec.approval.timeout) },
      pollMs: Math.max(5_000, durationMs(spec.polling.interval)),
      gateways: gateways.length,
      ...(retry === undefined ? {} : { retryKnown: gateways.some((g) => g.name === retry) }),
      ...standing(stored),
      outOfDate: stored.flatMap((g) => (isOutOfDate(g.status) ? [g.metadata.name] : [])).slice(0, MOST_NAMES),
      ...(rollout ? { rollout: known(rollout) } : {}),
      ...(rollout?.state === 'Holding' &&
        isPlanOutdated(
          stored.map((g) => g.status),
          rollout.startedAt,
        ) && { planOutdated: true as const }),
      ...(tag ? { tag } : {}),
      ...(frozen ? { frozen: { by: frozen.by, reason: frozen.reason } } : {}),
      ...(conditions?.some((c) => c.type === 'Paused' && c.status === 'True' && c.reason === PAUSED_BY_SIGNAL)
        ? { pausedBySignal: true }
        : {}),
      ...(requestedSync === undefined ? {} : { requestedSync }),
      ...(handledSync === undefined ? {} : { handledSync }),
    };
  };
}

function known({ number: n, state, commit, contentHash, reason }: NonNullable<IgnitionSyncStatus['rollout']>) {
  return { n, state: state as RolloutState, commit, contentHash, ...(isReason(reason) && { reason }) };
}

type Profiles = ReadonlyMap<string, StoredProfile | undefined>;

async function readProfiles(store: ObjectStore, namespace: string, gateways: readonly StoredGateway[]): Promise<Profiles> {
  const names = [...new Set(gateways.flatMap((g) => (g.spec.profileRef ? [g.spec.profileRef.name] : [])))];
  return new Map(await Promise.all(names.map(async (name) => [name, await store.profile(namespace, name)] as const)));
}

function pairsOf(gateways: readonly StoredGateway[]): ReturnType<typeof findPairs> {
  return findPairs(
    gateways.map(({ metadata, spec, status }) => ({
      name: metadata.name,
      ...(spec.pod && { podName: spec.pod.name }),
      ...(spec.redundantPair !== undefined && { declared: spec.redundantPair }),
      ...(status?.redundancy && { node: { running: true, ...status.redundancy } }),
    })),
  );
}

/** What the object's conditions count that no report of a sync tells. */
function standing(stored: readonly StoredGateway[]): { standing?: string } {
  const drifted = stored.filter(({ status }) => hasDrifted(status?.conditions)).length;
  const restarts = stored.filter(({ status }) => (status?.restartPending?.length ?? 0) > 0).length;
  return drifted + restarts === 0 ? {} : { standing: `${drifted} drifted, ${restarts} to be restarted` };
}

function desiredGateway(stored: StoredGateway, profiles: Profiles, { pairs, faults }: ReturnType<typeof findPairs>): DesiredGateway {
  const { spec, status, metadata } = stored;
  const found = profileOf(stored, profiles);
  const pair = pairs.get(metadata.name);
  const fault = faults.get(metadata.name);
  return {
    name: metadata.name,
    podName: spec.pod?.name ?? metadata.name,
    labels: spec.pod?.labels ?? {},
    annotations: spec.pod?.annotations ?? {},
    excludePatterns: spec.excludePatterns,
    live: status?.live ?? NO_MANIFEST,
    ...(status?.confirmed ? { confirmed: status.confirmed.manifest } : {}),
    ...(status?.restartPending?.length ? { restartPending: true as const } : {}),
    ...(spec.deploymentMode === undefined ? {} : { deploymentMode: spec.deploymentMode }),
    ...(pair && { pair }),
    ...found,
    ...(fault && { fault }),
  };
}

function profileOf(
  { spec, metadata, status }: StoredGateway,
  profiles: Profiles,
): Pick<DesiredGateway, 'profile' | 'servicePath' | 'fault'> {
  const fault = (reason: Fault['reason'], message: string) => ({ fault: { reason, message } });
  const refused = status?.conditions?.find((condition) => condition.type === ACCEPTED && condition.status === 'False');
  if (refused) return fault(isReason(refused.reason) ? refused.reason : 'InvalidSpec', refused.message);
  if (!spec.profileRef) {
    if (spec.servicePath !== undefined) return { servicePath: spec.servicePath };
    return fault(
      'ProfileNotFound',
      'it says neither which profile nor which directory it takes: annotate its pod with ignition-sync.io/sync-profile or ignition-sync.io/service-path.',
    );
  }
  const { name } = spec.profileRef;
  const stored = profiles.get(name);
  if (!stored)
    return fault(
      'ProfileNotFound',
      `it wants SyncProfile ${name}, which does not exist in namespace ${metadata.namespace}: create it, or correct the annotation ignition-sync.io/sync-profile.`,
    );
  const parsed = SyncProfileSpec.safeParse(stored.spec);
  if (!parsed.success) return fault('InvalidProfile', `SyncProfile ${name}: ${z.prettifyError(parsed.error)}`);
  const [wrong] = validateProfile(parsed.data);
  if (wrong) return fault(wrong.reason, `SyncProfile ${name}: ${wrong.message}`);
  return { profile: { name, spec: parsed.data } };
}
