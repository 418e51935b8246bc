import { BlobIndex } from './blob-index.ts';
import { ContentStore } from './content-store.ts';
import type { ReadConfigMap, ReadSecret } from './credential.ts';
import { Grants } from './grants.ts';
import { InstallationTokens } from './installation-tokens.ts';
import { Mirrors } from './mirrors.ts';
import { Source } from './source.ts';

export interface SourceOptions {
  /** Folder of the content store, which worker and relay read too. */
  readonly storeDir: string;
  /** Folder of the git mirrors. Both may be lost, then everything is fetched and made again. */
  readonly mirrorDir: string;
  /** Whether `file://` repositories may be read. */
  readonly allowFile: boolean;
  readonly readSecret: ReadSecret;
  readonly readConfigMap: ReadConfigMap;
}

/** Puts the source together. One process at a time may use the folder for planning; any may read the store. */
export async function openSource(options: SourceOptions): Promise<{ source: Source; store: ContentStore; grants: Grants }> {
  const store = await ContentStore.open(options.storeDir);
  await store.removeLeftovers(new Date());
  const blobs = await BlobIndex.open(store);
  const grants = new Grants(store);
  const mirrors = await Mirrors.open(options.mirrorDir, { allowFile: options.allowFile });
  const readers = { readSecret: options.readSecret, readConfigMap: options.readConfigMap, tokens: new InstallationTokens() };
  return { source: new Source({ store, blobs, grants, mirrors, readers }), store, grants };
}
