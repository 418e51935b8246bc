import type {
  FetchInput,
  FetchResult,
  PlannedGateway,
  PlanInput,
  PlanResult,
  ReadWaveInput,
  ResolveInput,
  SourceInput,
} from '../contract/source-activities.ts';
import type { Resolution } from '../domain/reports.ts';
import { isCommitId, refuseMalformed, resolveIfNamed, resolveRef } from '../clients/git/refs.ts';
import { parseRemote } from '../clients/git/remote.ts';
import type { RemoteAccess } from '../clients/git/remote-client.ts';
import type { Desired } from '../domain/desired.ts';
import { SyncError } from '../domain/errors.ts';
import { isLoopback, judgeTag } from '../domain/git-policy.ts';
import type { Digest } from '../domain/manifest.ts';
import type { Layout } from '../domain/plan/mapping.ts';
import { isAtOrBelow } from '../domain/plan/paths.ts';
import type { BlobIndex } from './blob-index.ts';
import { bringWanted } from './bring-wanted.ts';
import type { Checkout, Origin } from './checkout.ts';
import type { ContentStore } from './content-store.ts';
import { credentialIdentity, readAccess, type Readers } from './credential.ts';
import type { FrozenPlan, FrozenPlans } from './frozen-plans.ts';
import type { Grants } from './grants.ts';
import { Maker, type Making } from './maker.ts';
import { mend } from './mend.ts';
import type { AskAccess, Mirror } from './mirror.ts';
import type { Mirrors } from './mirrors.ts';
import { selectWave, type PlanDocument } from './plan-document.ts';
import { Planner } from './planner.ts';
import { RecentMap } from './recent-map.ts';
import type { RolloutPins } from './rollout-pins.ts';
import { refuseUnsigned } from './signature-policy.ts';
import { checkOut, checkOutWithSubmodules } from './submodules.ts';

/** What one call may be told, and whom it tells that it is alive. */
export interface Work {
  /** Steady milliseconds (`performance.now`): what the git host said before then is no answer. Now, when absent. */
  readonly notBefore?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: string) => void;
}

export interface SourceParts {
  readonly store: ContentStore;
  readonly blobs: BlobIndex;
  readonly grants: Grants;
  readonly pins: RolloutPins;
  readonly frozen: FrozenPlans;
  readonly mirrors: Mirrors;
  readonly readers: Readers;
}

/** Git and content for the whole fleet: resolves, fetches once, plans, and hands out what was planned. */
export class Source {
  readonly #parts: SourceParts;
  readonly #maker: Maker;
  readonly #planner: Planner;
  readonly #documents = new RecentMap<Digest, unknown>(32);

  constructor(parts: SourceParts) {
    this.#parts = parts;
    this.#maker = new Maker(parts.store, parts.blobs);
    this.#planner = new Planner(parts, this.#maker);
  }

  /**
   * What the object's ref names now; from here on only the commit is used.
   * @throws SyncError of the git side, SecretNotFound, TagMoved
   */
  async resolveRevision(input: ResolveInput, work: Work = {}): Promise<Resolution> {
    const { spec } = await this.#desired(input.desired);
    const { repo, ref, movedTags, allowUnreachable } = spec.git;
    const { mirror, access } = this.#remote(input, spec, work);
    const byId = isCommitId(ref);
    if (!byId) refuseMalformed(ref);
    const { maxAgeMs } = input;
    const notBefore = maxAgeMs === undefined ? (work.notBefore ?? performance.now()) : performance.now() - maxAgeMs;
    const ask = { asker: input.object.uid, notBefore, hasReason: maxAgeMs === undefined };
    // Proves the credential, also when the commit is here already.
    const advertised = await mirror.listings.list(await access(), ask, ref);
    const found = byId ? resolveIfNamed(advertised, ref) : resolveRef(advertised, ref);
    if (found) {
      const commit = /^file:.*\.bundle$/.test(repo) ? await mirror.peeled(found, access) : found.commit;
      const tag = judgeTag({ repo, name: found.name, commit }, input.tag, movedTags);
      return { ref, commit, ...(tag ? { tag } : {}) };
    }
    const commit = ref.toLowerCase();
    if (!allowUnreachable && !(await mirror.history.reaches(commit, advertised, access))) {
      throw new SyncError(
        'RefNotFound',
        `${repo} has no commit ${commit} on a branch or tag: it was never pushed there, its branch was deleted or rewritten, or it belongs to a fork. Check spec.git.ref; spec.git.allowUnreachable: true takes it all the same if the host gives it.`,
      );
    }
    await mirror.ensure(commit, access);
    return { ref, commit };
  }

  /**
   * Brings a commit here, once for everybody who wants it, and keeps it.
   * @throws SyncError of the git side, SecretNotFound, SignatureRejected
   */
  async fetch(input: FetchInput, work: Work = {}): Promise<FetchResult> {
    const desired = await this.#desired(input.desired);
    const { spec } = desired;
    const { mirror, access } = this.#remote(input, spec, work);
    await this.#prove(input, mirror, access);
    const { author, subject } = await mirror.ensure(input.commit, access);
    await this.#refuseUnsigned(input, spec, mirror, access);
    await bringWanted(desired, this.#making(input, spec, work), this.#maker);
    return { author, subject: subject.slice(0, 100).replace(/[\uD800-\uDBFF]$/, '') };
  }

  /**
   * Works out what each gateway shall have, puts all of it into the store and lets each gateway read its own.
   * @throws SyncError of planning and of the git side; the fault of a gateway that cannot be planned.
   */
  async plan(input: PlanInput, work: Work = {}): Promise<PlanResult> {
    const desired = await this.#desired(input.desired);
    const { mirror, access } = this.#remote(input, desired.spec, work);
    await this.#prove(input, mirror, access);
    await this.#refuseUnsigned(input, desired.spec, mirror, access);
    return await this.#planner.plan(input, desired, this.#making(input, desired.spec, work));
  }

  /**
   * The gateways of one wave of a plan.
   * @throws SyncError ContentUnavailable when the plan is lost, NoGateways
   */
  async readWave(input: ReadWaveInput): Promise<readonly PlannedGateway[]> {
    return selectWave((await this.#document(input.planDigest)) as PlanDocument, input);
  }

  /**
   * Puts everything that a plan needs into the store again.
   * @throws SyncError ContentUnavailable when what git gives now is not what was planned; those of planning and of the git side
   */
  async mend(frozen: FrozenPlan, work: Work = {}): Promise<void> {
    await mend(this.#parts, this.#maker, frozen, this.#making(frozen.input, frozen.desired.spec, work));
  }

  async #desired(digest: Digest): Promise<Desired> {
    return (await this.#document(digest)) as Desired;
  }

  async #document(digest: Digest): Promise<unknown> {
    let document = this.#documents.get(digest);
    if (document === undefined) this.#documents.set(digest, (document = await this.#readDocument(digest)));
    return document;
  }

  async #readDocument(digest: Digest): Promise<unknown> {
    try {
      return await this.#parts.store.readDocument(digest);
    } catch (error) {
      const kept = error instanceof SyncError && error.reason === 'ContentUnavailable' && (await this.#parts.frozen.document(digest));
      if (!kept) throw error;
      await this.#parts.store.putDocument(kept);
      return kept;
    }
  }

  #making(input: FetchInput, spec: Desired['spec'], work: Work): Omit<Making, 'staging'> {
    const { mirror, access } = this.#remote(input, spec, work);
    const { repo, auth, submodules = false, lfs = false } = spec.git;
    const { mirrors } = this.#parts;
    const main: Origin = { mirror, access, commit: input.commit, url: repo, identity: credentialIdentity(input.object.namespace, auth) };
    const checkOutFor = async (layouts: readonly Layout[]): Promise<Checkout> => {
      const sources = new Set(layouts.flatMap(({ mappings }) => mappings.flatMap((mapping) => mapping.sources.map(({ path }) => path))));
      const isWanted = (path: string): boolean => [...sources].some((source) => isAtOrBelow(path, source) || isAtOrBelow(source, path));
      return submodules ? await checkOutWithSubmodules(main, mirrors, isWanted) : await checkOut(main);
    };
    return { commit: input.commit, checkOut: checkOutFor, lfs, work };
  }

  /** A mirror may be warm because somebody else filled it: nobody is given anything from it whose own credential has not been let in. */
  async #prove({ object }: SourceInput, mirror: Mirror, access: AskAccess): Promise<void> {
    await mirror.listings.prove(await access(), { asker: object.uid, notBefore: 0, hasReason: true });
  }

  async #refuseUnsigned(input: FetchInput, { git }: Desired['spec'], mirror: Mirror, access: AskAccess): Promise<void> {
    await refuseUnsigned({ namespace: input.object.namespace, git, commit: input.commit }, mirror, access, this.#parts.readers);
  }

  #remote(input: SourceInput, spec: Desired['spec'], work: Work): { mirror: Mirror; access: AskAccess } {
    const { namespace } = input.object;
    const { repo, auth } = spec.git;
    const { mirrors, readers } = this.#parts;
    const remote = parseRemote(repo);
    if (remote.transport === 'http' && !spec.git.insecureHttp && !isLoopback(remote.host))
      throw new SyncError('InvalidSpec', 'spec.git.repo is plain http: use https, or set spec.git.insecureHttp: true.');
    const access = async (): Promise<RemoteAccess> => ({
      remote,
      ...(await readAccess(namespace, spec.git, remote, readers)),
      settings: mirrors.settings,
      signal: work.signal,
    });
    return { mirror: mirrors.of(repo, credentialIdentity(namespace, auth)), access };
  }
}
