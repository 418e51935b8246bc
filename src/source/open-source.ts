import { BlobIndex } from './blob-index.ts';
import type { ContentStore } from './content-store.ts';
import type { ReadConfigMap, ReadSecret } from './credential.ts';
import { FrozenPlans } from './frozen-plans.ts';
import { Grants } from './grants.ts';
import { InstallationTokens } from './installation-tokens.ts';
import { Mirrors } from './mirrors.ts';
import { RolloutPins } from './rollout-pins.ts';
import { Source, type SourceParts } from './source.ts';

export interface SourceOptions {
  /** The content store, which worker and relay read too. */
  readonly store: ContentStore;
  /** Folder of the git mirrors. Both may be lost, then everything is fetched and made again. */
  readonly mirrorDir: string;
  /** Whether `file://` repositories may be read. */
  readonly allowFile: boolean;
  /** Folders of this installation besides `mirrorDir`, which no `file://` repository may lie in or hold. */
  readonly privateFolders?: readonly string[];
  /** Bytes that all mirrors may take together. */
  readonly mirrorMaxBytes?: number;
  readonly readSecret: ReadSecret;
  readonly readConfigMap: ReadConfigMap;
}

/** Puts the source together. One process at a time may use the store for planning; any may read the store. */
export async function openSource(options: SourceOptions): Promise<SourceParts & { readonly source: Source }> {
  const { store } = options;
  const frozen = new FrozenPlans(options.mirrorDir);
  const parts: SourceParts = {
    store,
    blobs: await BlobIndex.open(options.mirrorDir),
    grants: new Grants(store),
    pins: new RolloutPins(store.objects),
    frozen,
    mirrors: await Mirrors.open(options.mirrorDir, {
      allowFile: options.allowFile,
      privateFolders: options.privateFolders ?? [],
      maxBytes: options.mirrorMaxBytes ?? Number.POSITIVE_INFINITY,
      neededCommits: () => frozen.commits(),
    }),
    readers: { readSecret: options.readSecret, readConfigMap: options.readConfigMap, tokens: new InstallationTokens() },
  };
  return { ...parts, source: new Source(parts) };
}
