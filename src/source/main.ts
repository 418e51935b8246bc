import { join } from 'node:path';
import { createSourceActivities } from '../activities/source/index.ts';
import { sizeBytes } from '../api/v1alpha1/schema.ts';
import { removeForgottenCredentials } from '../clients/git/credentials.ts';
import { KubeClient } from '../clients/kube/client.ts';
import { readConfigMap } from '../clients/kube/config-maps.ts';
import { readSecret } from '../clients/kube/secrets.ts';
import { loadEnvironment } from '../config/environment.ts';
import { SOURCE_TASK_QUEUE } from '../contract/names.ts';
import { createLogger } from '../telemetry/logger.ts';
import { connect, createWorker, installRuntime, runUntil } from '../workers/worker.ts';
import { createReadFleet } from './fleet.ts';
import { keepContent } from './keep-content.ts';
import { openSource } from './open-source.ts';
import { openContentStore } from './open-store.ts';

/** The process that owns the git mirrors and the content store. */
export async function run(environment: NodeJS.ProcessEnv, stopping: AbortSignal): Promise<void> {
  const env = loadEnvironment('source', environment);
  const logger = createLogger('source');
  installRuntime(logger);
  await removeForgottenCredentials();
  const kube = KubeClient.connect(env.IGNITION_SYNC_KUBECONFIG ? { kubeconfig: env.IGNITION_SYNC_KUBECONFIG } : 'in-cluster');
  const parts = await openSource({
    store: await openContentStore(env, logger, { spool: join(env.MIRROR_DIR, 'spool') }),
    mirrorDir: env.MIRROR_DIR,
    allowFile: env.ALLOW_FILE_REPOSITORIES,
    privateFolders: env.CONTENT_STORE_DIR === undefined ? [] : [env.CONTENT_STORE_DIR],
    mirrorMaxBytes: sizeBytes(env.MIRROR_MAX_SIZE),
    readSecret: (namespace, name, key) => readSecret(kube, namespace, name, key),
    readConfigMap: (namespace, name, key) => readConfigMap(kube, namespace, name, key),
  });
  const connection = await connect(env, logger, stopping);
  const worker = await createWorker(connection, env.TEMPORAL_NAMESPACE, {
    taskQueue: SOURCE_TASK_QUEUE,
    identity: `source/${process.pid}`,
    activities: createSourceActivities(parts.source),
  });
  logger.info({ temporal: env.TEMPORAL_ADDRESS }, 'source ready');
  const keeping = keepContent({ ...parts, readFleet: createReadFleet(kube) }, logger, stopping);
  await runUntil(worker, stopping);
  await keeping;
  await Promise.all([connection.close(), kube.close()]);
}
