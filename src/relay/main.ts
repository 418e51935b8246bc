import { once } from 'node:events';
import { tlsFiles } from '../clients/http/server.ts';
import { KubeClient } from '../clients/kube/client.ts';
import { createTemporalClient } from '../clients/temporal/connect.ts';
import { createWorkflows } from '../clients/temporal/workflows.ts';
import { loadEnvironment } from '../config/environment.ts';
import { Grants } from '../source/grants.ts';
import { openContentStore } from '../source/open-store.ts';
import { createLogger } from '../telemetry/logger.ts';
import { Relay } from './relay.ts';
import { TicketKey } from './ticket-key.ts';

/** How long an agent is kept waiting for content that is being made again; less than its own patience of 10 s. */
const MISSING_WAIT_MS = 7_000;

/** The process that agents talk to. */
export async function run(environment: NodeJS.ProcessEnv, stopping: AbortSignal): Promise<void> {
  const env = loadEnvironment('relay', environment);
  const logger = createLogger('relay');
  const kube = KubeClient.connect(env.IGNITION_SYNC_KUBECONFIG ? { kubeconfig: env.IGNITION_SYNC_KUBECONFIG } : 'in-cluster');
  const [client, store, ticketKey] = await Promise.all([
    createTemporalClient(env),
    openContentStore(env, logger, { waitMs: MISSING_WAIT_MS }),
    env.TICKET_KEY_FILE ? TicketKey.fromFile(env.TICKET_KEY_FILE) : TicketKey.generate(),
  ]);
  const relay = new Relay({
    kube,
    workflows: createWorkflows(client),
    grants: new Grants(store),
    store,
    ticketKey,
    logger,
    now: () => new Date(),
    monotonicMs: () => performance.now(),
  });
  const tls = tlsFiles(env.RELAY_TLS_CERT_FILE, env.RELAY_TLS_KEY_FILE);
  const port = await relay.start({ port: env.RELAY_PORT, host: env.RELAY_HOST, ...(tls ? { tls } : {}) });
  logger.info({ port, tls: tls !== undefined }, 'relay ready');
  if (!stopping.aborted) await once(stopping, 'abort');
  await relay.stop();
  await Promise.all([client.connection.close(), kube.close()]);
}
