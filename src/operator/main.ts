import { once } from 'node:events';
import { tlsFiles } from '../clients/http/server.ts';
import { KubeClient } from '../clients/kube/client.ts';
import { readSecret } from '../clients/kube/secrets.ts';
import { createTemporalClient } from '../clients/temporal/connect.ts';
import { createWorkflows } from '../clients/temporal/workflows.ts';
import { loadEnvironment } from '../config/environment.ts';
import { createLogger } from '../telemetry/logger.ts';
import { Receiver } from './receiver/receiver.ts';
import { Operator } from './watch/operator.ts';

/** The process that watches objects and hears webhooks. */
export async function run(environment: NodeJS.ProcessEnv, stopping: AbortSignal): Promise<void> {
  const env = loadEnvironment('operator', environment);
  const logger = createLogger('operator');
  const kube = KubeClient.connect(env.IGNITION_SYNC_KUBECONFIG ? { kubeconfig: env.IGNITION_SYNC_KUBECONFIG } : 'in-cluster');
  const client = await createTemporalClient(env);
  const operator = new Operator({ kube, workflows: createWorkflows(client), logger, now: () => new Date() });
  const receiver = new Receiver({
    sync: (namespace, name) => operator.sync(namespace, name),
    readSecret: (namespace, name, key) => readSecret(kube, namespace, name, key),
    ask: (namespace, name, reason) => operator.signal(namespace, name, reason),
    logger,
  });
  await operator.start();
  const tls = tlsFiles(env.RECEIVER_TLS_CERT_FILE, env.RECEIVER_TLS_KEY_FILE);
  const port = await receiver.start({ port: env.RECEIVER_PORT, host: env.RECEIVER_HOST, ...(tls ? { tls } : {}) });
  logger.info({ receiver: port, tls: tls !== undefined }, 'operator ready');
  if (!stopping.aborted) await once(stopping, 'abort');
  await receiver.stop();
  await operator.stop();
  await Promise.all([client.connection.close(), kube.close()]);
}
