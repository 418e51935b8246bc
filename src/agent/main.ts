import './small-heap.ts';
import { type IgnitionAddress, type IgnitionClient, createIgnitionClient } from '../clients/ignition/client.ts';
import { type Environment, loadEnvironment } from '../config/environment.ts';
import { VERSION } from '../config/version.ts';
import type { GatewayConnection } from '../contract/gateway-activities.ts';
import type { HelloResponse } from '../contract/relay.ts';
import { type Fault, toFault } from '../domain/errors.ts';
import { serveHealth } from '../telemetry/health.ts';
import { type Logger, createLogger } from '../telemetry/logger.ts';
import type { Agent } from './agent.ts';
import { DiskVolume } from './disk-volume.ts';
import { Layout } from './layout.ts';
import { SYSTEM_CLOCK } from './opening.ts';
import { pause } from './pause.ts';
import { createRelayClient } from './relay-client.ts';
import { tellChanges } from './tell-changes.ts';
import { begin } from './startup/begin.ts';
import { StartupGate } from './startup/gate.ts';
import { sandboxOf } from './startup/sandbox.ts';

/** How often the agent looks whether the control plane is still there; after an absence it says hello again. */
const LOOK_MS = 10_000;
/** And every so many looks without any reason: the gateway's status may have been lost with its object. */
const LOOKS_PER_HELLO = 6;
/** How often it compares the gateway's files with what is live, and how many of these comparisons there are to one that reads them all. */
const LOOKS_PER_INSPECTION = 30;
const INSPECTIONS_PER_READING = 288;
/** For so long at most the gate alone is served, milliseconds. */
const LISTEN_MS = 300;
/** Paths named in a line of the log. */
const NAMED = 5;

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

/** The gate is asked first: loading this keeps a process from answering for as long as all the rest takes. */
function loadTemporal() {
  return Promise.all([import('../workers/worker.ts'), import('../activities/gateway/index.ts')]);
}

type Hello = (signal: AbortSignal) => Promise<HelloResponse>;

/** The process beside one gateway: recovers first, lets the gateway start, introduces itself, then executes the gateway's activities. */
export async function run(environment: NodeJS.ProcessEnv, stopping: AbortSignal): Promise<void> {
  const env = loadEnvironment('agent', environment);
  const logger = createLogger('agent');
  const clock = SYSTEM_CLOCK;
  using volume = new DiskVolume(env.DATA_DIR);
  const layout = new Layout(volume);
  const gate = new StartupGate({
    volume,
    sandbox: env.POD_UID === undefined ? undefined : sandboxOf(env.POD_UID),
    graceSeconds: env.STARTUP_GRACE_SECONDS,
    clock,
    onDecision: (open, why) => logger.info({ open, why }, `startup gate ${open ? 'open' : 'closed'}`),
  });
  let state: string | undefined = 'starting';
  const health = await serveHealth(env.HEALTH_PORT, { '/healthz': () => state, '/startupz': () => gate.closed });
  const relay = createRelayClient({
    url: env.RELAY_URL,
    tokenFile: env.TOKEN_FILE,
    ...(env.RELAY_CA_FILE === undefined ? {} : { caFile: env.RELAY_CA_FILE }),
  });
  const ignition = (connection: GatewayConnection): IgnitionClient => createIgnitionClient(ignitionAddress(env, connection));
  const onTrouble = (trouble: Fault | undefined): void => {
    if (trouble && trouble.message !== state) logger.warn({ ...trouble }, 'the volume cannot be worked on yet');
    state = trouble?.message ?? 'waiting for the relay';
  };
  const onStep = (step: string): void => logger.debug({ step }, 'journal');
  const beginning = begin(
    {
      options: { dataDir: env.DATA_DIR, version: VERSION, relay, clock, ignition, onStep },
      layout,
      gate,
      keptRunning: env.POD_UID !== undefined,
      onTrouble,
      onMended: (why, paths) =>
        logger.warn({ why, files: paths.length, first: paths.slice(0, NAMED) }, 'files of the last sync were put right'),
      onNotReady: (fault) => logger.warn({ ...fault }, 'the gateway is not ready to be synced yet'),
    },
    stopping,
  );
  const greeted = beginning.then(({ watch }) => watch.greeted());
  await Promise.race([greeted, pause(LISTEN_MS, stopping)]);
  const [{ connect, createWorker, installRuntime, runUntil }, { createGatewayActivities }] = await loadTemporal();
  const { agent, steps, watch, watching: booting } = await beginning;
  installRuntime(logger);
  try {
    const hello: Hello = (signal) => watch.hello(signal);
    const [me, connection] = await Promise.all([greeted, connect(env, logger, stopping)]);
    const worker = await createWorker(connection, env.TEMPORAL_NAMESPACE, {
      taskQueue: me.taskQueue,
      identity: `agent/${me.namespace}/${me.gateway}`,
      activities: createGatewayActivities(steps),
      activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 1 },
      maxConcurrentActivityTaskExecutions: 4,
    });
    logger.info({ namespace: me.namespace, gateway: me.gateway }, 'agent ready');
    state = undefined;
    const watching = Promise.all([
      booting,
      watchForAbsence(hello, () => connection.healthService.check({}), stopping),
      watchForDrift(agent, hello, logger, stopping),
      tellChanges(agent.node, hello, logger, stopping),
      tellChanges(agent.restarts, hello, logger, stopping),
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
async function watchForAbsence(hello: Hello, alive: () => Promise<unknown>, stopping: AbortSignal): Promise<void> {
  let away = false;
  for (let look = 1; !stopping.aborted; look += 1) {
    await pause(LOOK_MS, stopping).catch(() => undefined);
    const answers = await alive().then(
      () => true,
      () => false,
    );
    const isDue: boolean = answers && (away || look % LOOKS_PER_HELLO === 0);
    const isKnown: boolean = !isDue || (await hello(stopping).then(Boolean, () => false));
    away = !answers || !isKnown;
  }
}

/** Compares now and then, and soon after each sync; what changed is told at once, so that a plant sees drift before the next commit does. */
async function watchForDrift(agent: Agent, hello: Hello, logger: Logger, stopping: AbortSignal): Promise<void> {
  let inspected: string | undefined;
  let inspections = 0;
  let told = '';
  const compare = async (look: number): Promise<void> => {
    const { live } = await agent.inspect();
    if (live === inspected && look % LOOKS_PER_INSPECTION !== 0) return;
    inspections += 1;
    const { drift } = await agent.inspect(inspections % INSPECTIONS_PER_READING === 0 ? 'thorough' : 'fast', stopping);
    if (!drift) return;
    const found = JSON.stringify(Object.values({ ...drift }).map((some) => [some.count, ...some]));
    if (found !== told) await hello(stopping);
    [inspected, told] = [live, found];
  };
  for (let look = 0; !stopping.aborted; look += 1) {
    await compare(look).catch((error: unknown) => {
      if (!stopping.aborted) logger.warn({ ...toFault(error) }, 'the gateway could not be compared with what is live');
    });
    await pause(LOOK_MS, stopping).catch(() => undefined);
  }
}
