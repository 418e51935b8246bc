import { sizeBytes } from '../api/v1alpha1/schema.ts';
import type { PlanInput, PlanResult, PlannedGateway } from '../contract/activities.ts';
import type { Desired, DesiredGateway } from '../domain/desired.ts';
import { SyncError } from '../domain/errors.ts';
import { NO_MANIFEST, createManifest, type Digest, type Manifest } from '../domain/manifest.ts';
import { resolveLayout } from '../domain/plan/layout.ts';
import type { Layout } from '../domain/plan/mapping.ts';
import { planStages, type Slot } from '../domain/plan/stages.ts';
import type { StoredBlob } from './blob-index.ts';
import { Composer, digestOf, manifestOf, type Composition } from './composer.ts';
import { readWhole, stageBlobs } from './import-blobs.ts';
import type { AskAccess, Mirror } from './mirror.ts';
import type { PlanDocument } from './plan-document.ts';
import { summarise, type ChangedGateway } from './plan-summary.ts';
import { RecentMap } from './recent-map.ts';
import { Renderer, type RenderedPlan } from './renderer.ts';
import type { SourceParts, Work } from './source.ts';
import { inParallel, type Staging } from './staging.ts';

interface Target {
  readonly gateway: DesiredGateway;
  readonly composition: Composition;
  readonly notes: readonly string[];
  readonly manifest: Manifest;
  readonly digest: Digest;
}

/** Makes plans: what each gateway shall have at one commit, in which order, and everything that this needs in the store. */
export class Planner {
  readonly #parts: SourceParts;
  readonly #composer = new Composer();
  readonly #renderer: Renderer;
  readonly #manifests = new RecentMap<Digest, Manifest>(64);

  constructor(parts: SourceParts) {
    this.#parts = parts;
    this.#renderer = new Renderer(parts.store);
  }

  async plan(input: PlanInput, desired: Desired, mirror: Mirror, access: AskAccess, work: Work): Promise<PlanResult> {
    const { spec } = desired;
    const gateways = selectGateways(desired, input.only);
    refuseSharedSystemNames(desired, input);
    const layouts = gateways.map((gateway) => layoutOf(gateway, desired, input));
    const tree = await mirror.tree(input.commit, access);
    work.onProgress?.('listed');
    const compositions = layouts.map((layout) => this.#composer.compose(input.commit, tree, layout));
    const { store, grants } = this.#parts;
    await using staging = store.staging();
    const fresh = await this.#stageMissing(compositions, input, mirror, access, staging, work);
    const blob = (oid: string): StoredBlob => known(fresh.get(oid) ?? this.#parts.blobs.get(oid), oid);
    const rendered = await this.#renderAll(compositions, blob, input, mirror, access, staging);
    const targets = gateways.map((gateway, i): Target => {
      const composition = compositions[i] as Composition;
      const of = rendered.get(composition) as RenderedPlan;
      return { gateway, composition, notes: of.notes, ...manifestOf(composition, blob, of) };
    });
    const changed = targets.filter(
      ({ gateway, digest }) => input.only !== undefined || digest !== gateway.live || digest !== gateway.confirmed,
    );
    const nameOf = ({ gateway }: Target): string => gateway.name;
    const unchanged = targets.filter((target) => !changed.includes(target));
    const { slots, stages } = planStages(changed.map(nameOf), unchanged.map(nameOf), spec.rollout);
    const changes = await Promise.all(changed.map((target) => this.#changeOf(target)));
    const released = new Map(
      changes.flatMap(({ gateway, released: stays }) => (stays.entries.length > 0 ? [[gateway, stays] as const] : [])),
    );
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
        ...localChangesOf(gateway, spec),
        ...(slots.get(gateway.name) as Slot),
      })),
    };
    const planDigest = store.stageDocument(staging, document);
    const manifests = new Map([
      ...targets.map((target) => [target.digest, target.manifest] as const),
      ...[...released.values()].map((stays) => [digestOf(stays), stays] as const),
    ]);
    await inParallel(
      [...manifests],
      async ([digest, manifest]) => (await store.hasManifest(digest)) || store.stageManifest(staging, manifest),
    );
    await inParallel(targets, ({ gateway, digest }) =>
      grants.grantManifest(
        desired.object.namespace,
        gateway.name,
        digest,
        gateway.live,
        releasedDigest(gateway.name).released ?? NO_MANIFEST,
      ),
    );
    await staging.commit();
    await this.#parts.blobs.add(fresh);
    for (const one of rendered.values()) this.#renderer.remember(one);
    for (const [digest, manifest] of manifests) this.#manifests.set(digest, manifest);
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

  /** Renders each composition once, however many gateways share it. */
  async #renderAll(
    compositions: readonly Composition[],
    blob: (oid: string) => StoredBlob,
    input: PlanInput,
    mirror: Mirror,
    access: AskAccess,
    staging: Staging,
  ): Promise<ReadonlyMap<Composition, RenderedPlan>> {
    const read = (oids: readonly string[]) =>
      mirror.read(input.commit, access, (repository) => readWhole(repository.readBlobs([...new Set(oids)])));
    const rendered = new Map<Composition, RenderedPlan>();
    for (const composition of new Set(compositions))
      rendered.set(composition, await this.#renderer.render(composition.plan, blob, read, staging));
    return rendered;
  }

  /** Reads the blobs that the store does not have; each is read from git once, whoever needs it. */
  async #stageMissing(
    compositions: readonly Composition[],
    input: PlanInput,
    mirror: Mirror,
    access: AskAccess,
    staging: Staging,
    work: Work,
  ): Promise<Map<string, StoredBlob>> {
    const { store, blobs } = this.#parts;
    const oids = new Set<string>();
    for (const { plan } of compositions) for (const { oid } of plan.files) if (!blobs.get(oid)) oids.add(oid);
    if (oids.size === 0) return new Map();
    let read = 0;
    const onBlob = (): void => work.onProgress?.(`${(read += 1)} of ${oids.size} blobs`);
    return await mirror.read(input.commit, access, (repository) => stageBlobs(store, staging, repository.readBlobs([...oids]), onBlob));
  }

  async #changeOf({ gateway, composition, notes, manifest }: Target): Promise<ChangedGateway> {
    const previous = gateway.live === NO_MANIFEST ? undefined : await this.#manifest(gateway.live);
    const kept = new Set(manifest.entries.map(({ path }) => path));
    const released = createManifest((previous?.entries ?? []).filter(({ path }) => !kept.has(path) && composition.plan.releases(path)));
    return {
      gateway: gateway.name,
      released,
      plan: { ...composition.plan, notes: [...composition.plan.notes, ...notes] },
      next: manifest,
      previous,
      previousLost: gateway.live !== NO_MANIFEST && !previous,
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

function selectGateways(desired: Desired, only: readonly string[] | undefined): DesiredGateway[] {
  const { gateways, object } = desired;
  const missing = only?.find((name) => !gateways.some((gateway) => gateway.name === name));
  if (missing !== undefined)
    throw new SyncError(
      'NoGateways',
      `IgnitionSync ${object.name} has no gateway ${missing}: it has ${gateways.map(({ name }) => name).join(', ')}.`,
    );
  const selected = gateways.filter(({ name }) => !only || only.includes(name)).sort((a, b) => (a.name < b.name ? -1 : 1));
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

/** Inputs that were frozen by an earlier version have no bound. */
function snapshotBytes({ snapshots }: { readonly snapshots: { readonly maxSize?: string } }): Pick<PlanResult, 'retainSnapshotBytes'> {
  return snapshots.maxSize === undefined ? {} : { retainSnapshotBytes: sizeBytes(snapshots.maxSize) };
}

function layoutOf(gateway: DesiredGateway, desired: Desired, { ref, commit }: PlanInput): Layout {
  try {
    return resolveLayout(gateway, desired.spec, { namespace: desired.object.namespace, object: desired.object.name, ref, commit });
  } catch (error) {
    if (error instanceof SyncError) throw new SyncError(error.reason, `gateway ${gateway.name}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Two gateways of one name would take each other's place on the Gateway Network. */
function refuseSharedSystemNames(desired: Desired, input: PlanInput): void {
  const owners = new Map<string, string>();
  for (const gateway of desired.gateways) {
    if (gateway.fault) continue;
    const name = layoutOf(gateway, desired, input).normalize.systemName;
    if (!name) continue;
    const owner = owners.get(name.value.toLowerCase());
    if (owner !== undefined)
      throw new SyncError(
        'InvalidProfile',
        `gateways ${owner} and ${gateway.name} would both have the systemName "${name.value}" (${name.field}): make it different, such as with {{ GatewayName }}.`,
      );
    owners.set(name.value.toLowerCase(), gateway.name);
  }
}

function known(blob: StoredBlob | undefined, oid: string): StoredBlob {
  if (!blob) throw new SyncError('GitFailed', `The mirror gave no content for blob ${oid}; it is read again.`);
  return blob;
}
