import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bucket } from '../clients/s3/bucket.ts';
import type { StoreEnvironment } from '../config/store.ts';
import type { Logger } from '../telemetry/logger.ts';
import { ContentStore } from './content-store.ts';
import { FolderObjects } from './folder-objects.ts';
import type { Objects } from './objects.ts';
import { S3Objects } from './s3-objects.ts';

/**
 * The content store that the environment names. One that cannot be used at the moment is said in the log and tried again with each call.
 * @param options.spool where a process that makes content puts it before it goes to S3; a folder for temporary files when absent
 * @param options.waitMs see ContentStore
 */
export async function openContentStore(
  env: StoreEnvironment,
  logger: Logger,
  options: { readonly spool?: string; readonly waitMs?: number } = {},
): Promise<ContentStore> {
  const { spool = join(tmpdir(), `ignition-sync-${process.pid}`), ...rest } = options;
  const objects = await objectsOf(env, spool);
  await objects.prepare().catch((error: unknown) => logger.error({ err: error }, 'the content store cannot be used: tried again'));
  return new ContentStore(objects, rest);
}

async function objectsOf(env: StoreEnvironment, spool: string): Promise<Objects> {
  if (env.CONTENT_STORE_URL === undefined) return new FolderObjects(env.CONTENT_STORE_DIR ?? '');
  return await S3Objects.open(bucketOf(env, env.CONTENT_STORE_URL), spool);
}

function bucketOf(env: StoreEnvironment, url: string): Bucket {
  const { hostname, pathname } = new URL(url);
  const path = pathname.replaceAll(/^\/+|\/+$/g, '');
  const { CONTENT_STORE_ENDPOINT: endpoint, CONTENT_STORE_CA_FILE: caFile } = env;
  const { CONTENT_STORE_ACCESS_KEY_FILE: id, CONTENT_STORE_SECRET_KEY_FILE: secret } = env;
  return {
    bucket: hostname,
    prefix: path === '' ? '' : `${path}/`,
    region: env.CONTENT_STORE_REGION,
    pathStyle: env.CONTENT_STORE_PATH_STYLE ?? endpoint !== undefined,
    ...(endpoint !== undefined && { endpoint }),
    ...(caFile !== undefined && { caFile }),
    ...(id !== undefined && secret !== undefined && { keyFiles: { id, secret } }),
  };
}
