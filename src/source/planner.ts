import { durationMs, sizeBytes } from '../api/v1alpha1/schema.ts';
import { DEFAULT_DESIGNER_POLICY, DEFAULT_SESSION_WAIT, type SyncProfileSpec } from '../api/v1alpha1/sync-profile.ts';
import type { PlanInput, PlanResult, PlannedGateway } from '../contract/source-activities.ts';
import type { Desired, DesiredGateway } from '../domain/desired.ts';
import { SyncError } from '../domain/errors.ts';
import { NO_MANIFEST, createManifest, encodeManifest, type Digest, type Manifest } from '../domain/manifest.ts';
import { restartPolicy } from '../domain/restart.ts';
import { planStages, type Slot } from '../domain/plan/stages.ts';
import { digestOf } from './composer.ts';
import { layoutOf } from './layout-of.ts';
import type { Made, Maker, Making } from './maker.ts';
import { liveOnPeer, pairUp, plannedPair, unitsOf } from './pair-up.ts';
import type { PlanDocument } from './plan-document.ts';
import { summarise, type ChangedGateway } from './plan-summary.ts';
import { RecentMap } from './recent-map.ts';
import type { SourceParts } from './source.ts';
import { inParallel } from './parallel.ts';

interface Target extends Made {
  readonly gateway: DesiredGateway;
}

/** Files of manifests that are remembered together. */
const MOST_FILES = 100_000;

/** Makes plans: what each gateway shall have at one commit, in which order, and everything that this needs in the store. */
export class Planner {
  readonly #parts: SourceParts;
  readonly #maker: Maker;
  readonly #manifests = new RecentMap<Digest, Manifest>(MOST_FILES, ({ entries }) => entries.length + 1_000);

  constructor(parts: SourceParts, maker: Maker) {
    this.#parts = parts;
    this.#maker = maker;
  }

  async plan(input: PlanInput, desired: Desired, making: Omit<Making, 'staging'>): Promise<PlanResult> {
    const { spec } = desired;
    const gateways = selectGateways(desired, input.only);
    refuseSharedSystemNames(desired, input);
    const layouts = gateways.map((gateway) => layoutOf(gateway, desired, input));
    const { store, grants, pins, frozen } = this.#parts;
    await pins.begin(input);
    await using staging = store.staging();
    const { made, commits, settled } = await this.#maker.make(layouts, { ...making, staging });
    const paired = pairUp(made, gateways);
    const targets = gateways.map((gateway, i): Target => ({ gateway, ...(paired[i] as Made) }));
    const differs = targets.filter(
      ({ gateway, digest }) =>
        input.only !== undefined || digest !== gateway.live || digest !== gateway.confirmed || isDueForRestart(gateway),
    );
    const units = unitsOf(gateways, (gateway) => differs.some((target) => target.gateway === gateway));
    const changing = new Set(units.flat());
    const changed = targets.filter(({ gateway }) => changing.has(gateway.name));
    const unchanged = targets.filter((target) => !changed.includes(target));
    const { slots, stages } = planStages(
      units,
      unchanged.map(({ gateway }) => gateway.name),
      spec.rollout,
    );
    const changes = await Promise.all(changed.map((target) => this.#changeOf(target)));
    const released = new Map(
      changes.flatMap(({ gateway, released: stays }) => (stays.entries.length > 0 ? [[gateway, stays] as const] : [])),
    );
    const lastConfirmed = new Map(
      changes.flatMap(({ gateway, recordLost, previous }) => (recordLost && previous ? [[gateway, recordLost] as const] : [])),
    );
    const standIn = (gateway: string): { lastConfirmed?: Digest } => {
      const digest = lastConfirmed.get(gateway);
      return digest === undefined ? {} : { lastConfirmed: digest };
    };
    const releasedDigest = (gateway: string): { released?: Digest } => {
      const stays = released.get(gateway);
      return stays ? { released: digestOf(stays) } : {};
    };
    const document: PlanDocument = {
      schema: 1,
      object: desired.object,
      commit: input.commit,
      gateways: targets.map(({ gateway, digest }) => ({
        gateway: gateway.name,
        target: digest,
        expectLive: gateway.live,
        ...releasedDigest(gateway.name),
        ...standIn(gateway.name),
        ...localChangesOf(gateway, spec),
        designers: gateway.profile?.spec.designerSessionPolicy ?? DEFAULT_DESIGNER_POLICY,
        ...peopleOf(gateway),
        ...plannedPair(gateway, gateways),
        ...(slots.get(gateway.name) as Slot),
      })),
    };
    const planDigest = store.stageDocument(staging, document);
    const leaving = new Map([...released.values()].map((stays) => [digestOf(stays), stays]));
    for (const stays of leaving.values()) store.stageManifest(staging, stays);
    for (const { digest, manifest } of targets) {
      this.#manifests.set(digest, manifest);
      if (!made.some((one) => one.digest === digest)) store.stageManifest(staging, manifest);
    }
    const manifests = [...new Set([...targets.map(({ digest }) => digest), ...leaving.keys()])];
    await pins.hold(input.rollout, { schema: 1, desired: input.desired, plan: planDigest, manifests });
    await inParallel(targets, ({ gateway, digest }) =>
      grants.grantManifest(
        desired.object.namespace,
        gateway.name,
        digest,
        gateway.live,
        releasedDigest(gateway.name).released ?? NO_MANIFEST,
        gateway.confirmed ?? NO_MANIFEST,
        liveOnPeer(gateway, gateways) ?? NO_MANIFEST,
      ),
    );
    await staging.commit();
    settled();
    await frozen.keep({ schema: 1, input, commits, desired, plan: document, released: [...leaving.values()].map(encodeManifest) });
    await pins.mustHold(input.rollout);
    const summary = summarise(changes, gateways.length);
    return {
      planDigest,
      stages,
      changed: changed.length,
      unchanged: unchanged.length,
      ...summary,
      connection: { port: spec.gateway.port, tls: spec.gateway.tls },
      retainSnapshots: spec.snapshots.retain,
      ...snapshotBytes(spec),
    };
  }

  async #changeOf({ gateway, composition, notes, manifest }: Target): Promise<ChangedGateway> {
    const recordLost = lostRecordOf(gateway);
    const live = recordLost ?? gateway.live;
    const previous = live === NO_MANIFEST ? undefined : await this.#manifest(live);
    const kept = new Set(manifest.entries.map(({ path }) => path));
    const released = createManifest(
      (previous?.entries ?? []).filter(({ path, ifAbsent }) => !kept.has(path) && (ifAbsent === true || composition.plan.releases(path))),
    );
    return {
      gateway: gateway.name,
      released,
      plan: { ...composition.plan, notes: [...composition.plan.notes, ...notes] },
      next: manifest,
      previous,
      previousLost: live !== NO_MANIFEST && !previous,
      ...(recordLost !== undefined && { recordLost }),
    };
  }

  async #manifest(digest: Digest): Promise<Manifest | undefined> {
    const cached = this.#manifests.get(digest);
    if (cached) return cached;
    const manifest = await this.#parts.store.readManifest(digest).catch((error: unknown) => {
      if (error instanceof SyncError && error.reason === 'ContentUnavailable') return undefined;
      throw error;
    });
    if (manifest) this.#manifests.set(digest, manifest);
    return manifest;
  }
}

/** What a gateway confirmed last, where its volume has no record of what is live. */
function lostRecordOf({ live, confirmed = NO_MANIFEST }: DesiredGateway): Digest | undefined {
  return live === NO_MANIFEST && confirmed !== NO_MANIFEST ? confirmed : undefined;
}

function selectGateways(desired: Desired, only: readonly string[] | undefined): DesiredGateway[] {
  const { gateways, object } = desired;
  const missing = only?.find((name) => !gateways.some((gateway) => gateway.name === name));
  if (missing !== undefined)
    throw new SyncError(
      'NoGateways',
      `IgnitionSync ${object.name} has no gateway ${missing}: it has ${gateways.map(({ name }) => name).join(', ')}.`,
    );
  const asked = ({ name, pair }: DesiredGateway): boolean =>
    !only || only.includes(name) || (pair !== undefined && only.includes(pair.peer));
  const selected = gateways.filter(asked).sort((a, b) => (a.name < b.name ? -1 : 1));
  if (selected.length === 0) {
    throw new SyncError(
      'NoGateways',
      `IgnitionSync ${object.name} has no gateways: annotate pods in namespace ${object.namespace} with ignition-sync.io/inject: "true", or create an IgnitionGateway.`,
    );
  }
  return selected;
}

/** Part of the plan only where it says something else than the default, so that plans made before it was known keep their digests. */
function localChangesOf({ profile }: DesiredGateway, spec: Desired['spec']): Pick<PlannedGateway, 'localChanges'> {
  return (profile?.spec.localChanges ?? spec.localChanges) === 'overwrite' ? { localChanges: 'overwrite' } : {};
}

/** One that waits for a restart which it may have now is gone through like one that changes: nothing is written there, and then it is restarted. */
function isDueForRestart({ profile, restartPending }: DesiredGateway): boolean {
  return restartPending === true && profile?.spec.restart !== undefined;
}

/** As `localChangesOf`: only what is not the default. */
function peopleOf({ profile }: DesiredGateway): Pick<PlannedGateway, 'perspective' | 'sessionWaitMs' | 'restart'> {
  const {
    perspectiveSessionPolicy: perspective = 'proceed',
    sessionWait = DEFAULT_SESSION_WAIT,
    restart,
  } = (profile?.spec ?? {}) as Partial<SyncProfileSpec>;
  return {
    ...(perspective !== 'proceed' && { perspective }),
    ...(sessionWait !== DEFAULT_SESSION_WAIT && { sessionWaitMs: durationMs(sessionWait) }),
    ...(restart && { restart: restartPolicy(restart) }),
  };
}

/** Inputs that were frozen by an earlier version have no bound. */
function snapshotBytes({ snapshots }: { readonly snapshots: { readonly maxSize?: string } }): Pick<PlanResult, 'retainSnapshotBytes'> {
  return snapshots.maxSize === undefined ? {} : { retainSnapshotBytes: sizeBytes(snapshots.maxSize) };
}

/** Two gateways of one name would take each other's place on the Gateway Network. */
function refuseSharedSystemNames(desired: Desired, input: PlanInput): void {
  const owners = new Map<string, string>();
  for (const gateway of desired.gateways) {
    if (gateway.fault) continue;
    const name = layoutOf(gateway, desired, input).normalize.systemName;
    if (!name) continue;
    const owner = owners.get(name.value.toLowerCase());
    if (owner !== undefined && owner !== gateway.pair?.peer)
      throw new SyncError(
        'InvalidProfile',
        `gateways ${owner} and ${gateway.name} would both have the systemName "${name.value}" (${name.field}): make it different, such as with {{ GatewayName }}.`,
      );
    owners.set(name.value.toLowerCase(), gateway.name);
  }
}
