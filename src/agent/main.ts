import { createGatewayActivities } from '../activities/gateway/index.ts';
import { type IgnitionAddress, createIgnitionClient } from '../clients/ignition/client.ts';
import { type Environment, loadEnvironment } from '../config/environment.ts';
import { VERSION } from '../config/version.ts';
import type { GatewayConnection } from '../contract/activities.ts';
import type { HelloResponse } from '../contract/relay.ts';
import { toFault } from '../domain/errors.ts';
import { serveHealth } from '../telemetry/health.ts';
import { type Logger, createLogger } from '../telemetry/logger.ts';
import { connect, createWorker, installRuntime, runUntil } from '../workers/worker.ts';
import { Agent } from './agent.ts';
import { pause } from './pause.ts';
import { watchRedundancy } from './redundancy/watch-redundancy.ts';
import { createRelayClient } from './relay-client.ts';

/** How often the agent looks whether the control plane is still there; after an absence it says hello again. */
const LOOK_MS = 10_000;
/** And every so many looks without any reason: the gateway's status may have been lost with its object. */
const LOOKS_PER_HELLO = 6;
/** How often it compares the gateway's files with what is live, and how many of these comparisons there are to one that reads them all. */
const LOOKS_PER_INSPECTION = 30;
const INSPECTIONS_PER_READING = 288;

function ignitionAddress(env: Environment<'agent'>, connection: GatewayConnection): IgnitionAddress {
  const url = env.IGNITION_URL === undefined ? undefined : new URL(env.IGNITION_URL);
  const tls = url ? url.protocol === 'https:' : connection.tls;
  const host = url?.hostname ?? 'localhost';
  return {
    host,
    port: url ? Number(url.port || (tls ? 443 : 80)) : connection.port,
    tls,
    tokenFile: env.API_KEY_FILE,
    ...(env.IGNITION_CA_FILE === undefined ? { verifyTls: host !== 'localhost' } : { caFile: env.IGNITION_CA_FILE }),
  };
}

/** Says hello until the relay knows this agent: the operator may not have seen the pod yet, or the control plane may be down. */
async function introduce(agent: Agent, logger: Logger, stopping: AbortSignal): Promise<HelloResponse> {
  for (let wait = 200; ; wait = Math.min(2 * wait, 10_000)) {
    try {
      return await agent.hello(stopping);
    } catch (error) {
      stopping.throwIfAborted();
      logger.warn({ ...toFault(error) }, 'the relay does not know this agent yet');
      await pause(wait, stopping);
    }
  }
}

/** The process beside one gateway: recovers first, introduces itself, then executes the gateway's activities. */
export async function run(environment: NodeJS.ProcessEnv, stopping: AbortSignal): Promise<void> {
  const env = loadEnvironment('agent', environment);
  const logger = createLogger('agent');
  installRuntime(logger);
  let state: string | undefined = 'starting';
  const health = await serveHealth(env.HEALTH_PORT, () => state);
  const relay = createRelayClient({
    url: env.RELAY_URL,
    tokenFile: env.TOKEN_FILE,
    ...(env.RELAY_CA_FILE === undefined ? {} : { caFile: env.RELAY_CA_FILE }),
  });
  const agent = await Agent.open({
    dataDir: env.DATA_DIR,
    version: VERSION,
    relay,
    ignition: (connection) => createIgnitionClient(ignitionAddress(env, connection)),
    onStep: (step) => logger.debug({ step }, 'journal'),
  });
  try {
    state = 'waiting for the relay';
    const [me, connection] = await Promise.all([introduce(agent, logger, stopping), connect(env, logger, stopping)]);
    const worker = await createWorker(connection, env.TEMPORAL_NAMESPACE, {
      taskQueue: me.taskQueue,
      identity: `agent/${me.namespace}/${me.gateway}`,
      activities: createGatewayActivities(agent),
      activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 1 },
      maxConcurrentActivityTaskExecutions: 4,
    });
    logger.info({ namespace: me.namespace, gateway: me.gateway }, 'agent ready');
    state = undefined;
    const watching = Promise.all([
      watchForAbsence(agent, () => connection.healthService.check({}), logger, stopping),
      watchForDrift(agent, logger, stopping),
      watchRedundancy(agent, logger, stopping),
    ]);
    await runUntil(worker, stopping);
    await watching;
    await connection.close();
  } finally {
    await agent.close();
    await Promise.all([relay.close(), health.close()]);
  }
}

/** While the control plane was away the gateway may have been passed over: hello starts its catch-up. */
async function watchForAbsence(agent: Agent, alive: () => Promise<unknown>, logger: Logger, stopping: AbortSignal): Promise<void> {
  let away = false;
  for (let look = 1; !stopping.aborted; look += 1) {
    await pause(LOOK_MS, stopping).catch(() => undefined);
    const answers = await alive().then(
      () => true,
      () => false,
    );
    if (answers && (away || look % LOOKS_PER_HELLO === 0)) await introduce(agent, logger, stopping).catch(() => undefined);
    away = !answers;
  }
}

/** Compares now and then, and soon after each sync; what changed is told at once, so that a plant sees drift before the next commit does. */
async function watchForDrift(agent: Agent, logger: Logger, stopping: AbortSignal): Promise<void> {
  let inspected: string | undefined;
  let inspections = 0;
  let told = '';
  const compare = async (look: number): Promise<void> => {
    const { live } = await agent.inspect();
    if (live === inspected && look % LOOKS_PER_INSPECTION !== 0) return;
    inspections += 1;
    const { drift } = await agent.inspect(inspections % INSPECTIONS_PER_READING === 0 ? 'thorough' : 'fast', stopping);
    if (!drift) return;
    const found = JSON.stringify(Object.values(drift).map((some) => [some.count, ...some]));
    if (found !== told) await agent.hello(stopping);
    [inspected, told] = [live, found];
  };
  for (let look = 0; !stopping.aborted; look += 1) {
    await compare(look).catch((error: unknown) => {
      if (!stopping.aborted) logger.warn({ ...toFault(error) }, 'the gateway could not be compared with what is live');
    });
    await pause(LOOK_MS, stopping).catch(() => undefined);
  }
}
