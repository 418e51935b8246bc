import { createControlActivities } from '../activities/control/index.ts';
import { createKubeAnnouncer } from '../activities/control/kube-announcer.ts';
import { createKubeObjects } from '../activities/control/kube-objects.ts';
import { KubeClient } from '../clients/kube/client.ts';
import { loadEnvironment } from '../config/environment.ts';
import { CONTROL_TASK_QUEUE } from '../contract/names.ts';
import { openContentStore } from '../source/open-store.ts';
import { createLogger } from '../telemetry/logger.ts';
import { cachedWorkflowBundle } from './bundle.ts';
import { connect, createWorker, installRuntime, runUntil } from './worker.ts';

/** The process that runs workflows and control activities. */
export async function run(environment: NodeJS.ProcessEnv, stopping: AbortSignal): Promise<void> {
  const env = loadEnvironment('worker', environment);
  const logger = createLogger('worker');
  installRuntime(logger);
  const now = (): Date => new Date();
  const kube = KubeClient.connect(env.IGNITION_SYNC_KUBECONFIG ? { kubeconfig: env.IGNITION_SYNC_KUBECONFIG } : 'in-cluster');
  const [connection, store, codePath] = await Promise.all([
    connect(env, logger, stopping),
    openContentStore(env, logger),
    env.WORKFLOW_BUNDLE_FILE ?? cachedWorkflowBundle(),
  ]);
  const worker = await createWorker(connection, env.TEMPORAL_NAMESPACE, {
    taskQueue: CONTROL_TASK_QUEUE,
    identity: `worker/${process.pid}`,
    workflowBundle: { codePath },
    activities: createControlActivities({
      objects: createKubeObjects(kube),
      documents: store,
      announcer: createKubeAnnouncer(kube, now, (error) => logger.warn({ err: error }, 'an event could not be written')),
      now,
    }),
  });
  logger.info({ temporal: env.TEMPORAL_ADDRESS }, 'worker ready');
  await runUntil(worker, stopping);
  await Promise.all([connection.close(), kube.close()]);
}
