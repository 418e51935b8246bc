import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IgnitionSyncSpec } from '../../../../src/api/v1alpha1/ignition-sync.ts';
import { SyncProfileSpec } from '../../../../src/api/v1alpha1/sync-profile.ts';
import type { PlanInput, PlanResult } from '../../../../src/contract/source-activities.ts';
import type { Desired, DesiredGateway } from '../../../../src/domain/desired.ts';
import { SyncError } from '../../../../src/domain/errors.ts';
import { NO_MANIFEST, type Digest, type Manifest } from '../../../../src/domain/manifest.ts';
import { blobKey, ContentStore } from '../../../../src/source/content-store.ts';
import { openSource } from '../../../../src/source/open-source.ts';
import { GitFixture } from './git-fixture.ts';

type Opened = Awaited<ReturnType<typeof openSource>>;

/** Where content stores are made, and where their objects lie as files, given the workbench's folder. */
export interface Backend {
  readonly open: (folder: string, options?: { readonly waitMs?: number }) => Promise<ContentStore>;
  readonly files: (folder: string) => string;
}

const FOLDER: Backend = {
  open: (folder, options) => ContentStore.open(join(folder, 'store'), options),
  files: (folder) => join(folder, 'store'),
};

/** A source over a folder of its own, and what a test needs to ask it things. */
export class Workbench implements Disposable {
  /** Set for a whole file of tests that run over another one. */
  static backend = FOLDER;

  readonly folder = mkdtempSync(join(tmpdir(), 'ignition-sync-test-'));
  /** Bytes that the mirrors may take; as many as they like when absent. */
  mirrorMaxBytes: number | undefined;
  readonly secrets = new Map<string, string>();
  readonly configMaps = new Map<string, string>();
  #opened: Promise<Opened> | undefined;

  get opened(): Promise<Opened> {
    return (this.#opened ??= this.#open());
  }

  /** Where the objects of the content store lie as files. */
  get storeFolder(): string {
    return Workbench.backend.files(this.folder);
  }

  /** Where the content store has a blob. */
  blobPath(digest: Digest): string {
    return join(this.storeFolder, blobKey(digest));
  }

  async #open(): Promise<Opened> {
    return await openSource({
      store: await this.openStore(),
      mirrorDir: join(this.folder, 'mirrors'),
      allowFile: true,
      privateFolders: [this.storeFolder],
      ...(this.mirrorMaxBytes === undefined ? {} : { mirrorMaxBytes: this.mirrorMaxBytes }),
      readSecret: (namespace, name, key) => {
        const value = this.secrets.get(`${namespace}/${name}/${key}`);
        return value === undefined
          ? Promise.reject(new SyncError('SecretNotFound', `no key ${key} in Secret ${namespace}/${name}`))
          : Promise.resolve(value);
      },
      readConfigMap: (namespace, name, key) => {
        const value = this.configMaps.get(`${namespace}/${name}/${key}`);
        return value === undefined
          ? Promise.reject(new SyncError('ConfigMapNotFound', `no key ${key} in ConfigMap ${namespace}/${name}`))
          : Promise.resolve(value);
      },
    });
  }

  /** The content store as another process opens it. */
  async openStore(options?: { readonly waitMs?: number }): Promise<ContentStore> {
    return await Workbench.backend.open(this.folder, options);
  }

  /** What a process does when it starts again over the same folder. */
  restart(): void {
    this.#opened = undefined;
  }

  repository(name = 'plant', options: readonly string[] = []): GitFixture {
    return new GitFixture(join(this.folder, `${name}.git`), options);
  }

  /** Keeps a desired input and gives what every call of the source is told. */
  async input(
    git: Record<string, unknown>,
    gateways: readonly DesiredGateway[] = [],
    rest: Record<string, unknown> = {},
    namespace = 'plant',
  ): Promise<Omit<PlanInput, 'commit'>> {
    const spec = IgnitionSyncSpec.parse({ git: { ref: 'main', ...git }, gateway: { apiKeySecretRef: { name: 'k', key: 'k' } }, ...rest });
    const object = { namespace, name: 'demo', uid: 'uid-1' };
    const desired: Desired = { schema: 1, object, generation: 1, spec, gateways };
    const { store } = await this.opened;
    return { object, desired: await store.putDocument(desired), rollout: `rollout/${namespace}/demo/1`, ref: spec.git.ref };
  }

  /** Resolves, fetches and plans in one go. */
  async plan(
    git: Record<string, unknown>,
    gateways: readonly DesiredGateway[],
    rest: Record<string, unknown> = {},
    only?: readonly string[],
  ): Promise<PlanResult & { commit: string }> {
    const { source } = await this.opened;
    const input = await this.input(git, gateways, rest);
    const { commit } = await source.resolveRevision(input);
    await source.fetch({ ...input, commit });
    return { commit, ...(await source.plan({ ...input, commit, ...(only ? { only } : {}) })) };
  }

  /** What was planned for one gateway, files with their bytes; apart those that are made only where the gateway has none. */
  async planned(
    result: PlanResult,
    gateway: string,
  ): Promise<{ target: string; manifest: Manifest; files: Record<string, Buffer>; madeIfAbsent: Record<string, Buffer> }> {
    const { source, store } = await this.opened;
    const [row] = await source.readWave({ planDigest: result.planDigest, stage: '', wave: 0, only: [gateway] });
    const manifest = await store.readManifest(row!.target);
    const files: Record<string, Buffer> = {};
    const madeIfAbsent: Record<string, Buffer> = {};
    for (const entry of manifest.entries) {
      const chunks: Buffer[] = [];
      for await (const chunk of (await store.openBlob(entry.sha256)).stream) chunks.push(chunk as Buffer);
      (entry.ifAbsent ? madeIfAbsent : files)[entry.path] = Buffer.concat(chunks);
    }
    return { target: row!.target, manifest, files, madeIfAbsent };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A gateway with a profile of these mappings, or with what is given instead. */
export function gateway(
  name: string,
  mappings: readonly Record<string, unknown>[] = [{ source: '.', destination: '.' }],
  rest: Partial<DesiredGateway> = {},
  spec: Record<string, unknown> = {},
): DesiredGateway {
  const profile = { name: 'all', spec: SyncProfileSpec.parse({ mappings, ...spec }) };
  return { name, podName: `${name}-0`, labels: {}, annotations: {}, excludePatterns: [], live: NO_MANIFEST, profile, ...rest };
}

/** A gateway without a profile. */
export function twoTierGateway(name: string, servicePath: string, annotations: Readonly<Record<string, string>> = {}): DesiredGateway {
  return { name, podName: `${name}-0`, labels: {}, annotations, excludePatterns: [], live: NO_MANIFEST, servicePath };
}

/** The reason and message that a call fails with. */
export async function failure(call: Promise<unknown>): Promise<{ reason: string; message: string }> {
  try {
    await call;
  } catch (error) {
    if (error instanceof SyncError) return { reason: error.reason, message: error.message };
    throw error;
  }
  throw new Error('the call was expected to fail');
}
