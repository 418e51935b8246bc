import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeClient } from '../../src/clients/kube/client.ts';
import { IGNITION_GATEWAYS, IGNITION_SYNCS } from '../../src/clients/kube/resources.ts';
import { commitOf } from '../../src/domain/revision.ts';
import { StackError } from '../failure.ts';
import { exitCodeOf } from '../usage.ts';
import { Installation } from '../install/installation.ts';
import { startStack } from '../stack/stack.ts';
import { HELP, type StartOptions, parseOptions } from './options.ts';
import { type Scene, examplePlant, wholeRepository } from './scene.ts';
import { renderHead, renderTable } from './table.ts';
import { addresses, thingsToTry } from './things-to-try.ts';

const REFRESH_MS = 500;
/** What has not ended by then is ended by the stack's reaper, once this process is gone. */
const STOP_WITHIN_MS = 15_000;

async function start(options: StartOptions, stopping: AbortSignal): Promise<void> {
  const began = performance.now();
  const dir = options.dir === undefined ? mkdtempSync(join(tmpdir(), 'ignition-sync-')) : resolve(options.dir);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  say('starting Temporal, Kubernetes and a git server …');
  await using stack = await startStack({ dataDir: join(dir, 'servers'), say });
  if (options.dir === undefined) stack.supervisor.removeAtEnd(dir);
  stopping.throwIfAborted();
  say('starting ignition-sync and the gateways …');
  const installation = await Installation.start({ stack, dir });
  say(addresses(stack, dir));
  const kube = KubeClient.connect({ kubeconfig: stack.kubernetes.kubeconfigFile });
  try {
    const { repo } = options;
    const scene = repo === undefined ? await examplePlant(stack, dir) : await wholeRepository(stack, { ...options, repo });
    await show({
      kube,
      scene,
      kubeconfig: stack.kubernetes.kubeconfigFile,
      stopping,
      began,
      hintsNow: () => hints(installation, scene),
    });
  } finally {
    endInTime();
    await kube.close();
    await installation.stop();
  }
}

function hints({ gateways }: Installation, { namespace, name, canary, clone }: Scene): string {
  return thingsToTry({
    namespace,
    name,
    gateway: canary,
    clone,
    faultsUrl: `${gateways.get(`${namespace}/${canary}`) ?? ''}/simulator/faults`,
  });
}

/** Shows the table until Ctrl-C: redrawn in place on a terminal, a new copy per change elsewhere. */
async function show(what: {
  kube: KubeClient;
  scene: Scene;
  /** A file of the stack that outlives everything but the removal of its folder. */
  kubeconfig: string;
  stopping: AbortSignal;
  /** When the start began, milliseconds. */
  began: number;
  hintsNow: () => string;
}): Promise<void> {
  const { kube, kubeconfig, stopping, began, hintsNow } = what;
  const { namespace, name } = what.scene;
  const { stdout } = process;
  let drawn: string[] = [];
  let synced = false;
  let before = '';
  while (!stopping.aborted) {
    if (!existsSync(kubeconfig)) throw new StackError(`${kubeconfig} is gone: somebody removed the folder in which all of this runs.`);
    const seen = await Promise.all([kube.get(IGNITION_SYNCS, namespace, name), kube.list(IGNITION_GATEWAYS, { namespace })]).catch(
      () => undefined, // an apiserver that was killed for a try comes back
    );
    if (!seen) {
      await sleep(REFRESH_MS, undefined, { signal: stopping }).catch(() => undefined);
      continue;
    }
    const [sync, { items }] = seen;
    const status = sync?.status;
    const ready = status?.conditions?.find((condition) => condition.type === 'Ready');
    const width = stdout.columns || 160;
    const head = renderHead(name, status, width);
    const lines = [...head, ...renderTable(items, commitOf(status?.revision), new Date(), width)];
    const key = JSON.stringify([
      head,
      items.map((item) => [item.metadata.name, item.status?.phase, item.status?.revision, item.status?.waitingFor]),
    ]);
    if (stdout.isTTY) {
      if (drawn.length > 0) stdout.write(`\x1b[${drawn.length}A\x1b[0J`);
      stdout.write(`${lines.join('\n')}\n`);
      drawn = lines;
    } else if (key !== before) {
      stdout.write(`${lines.join('\n')}\n\n`);
    }
    before = key;
    if (!synced && ready?.status === 'True') {
      synced = true;
      stdout.write(
        `${items.length} gateway${items.length === 1 ? '' : 's'} synced ${((performance.now() - began) / 1_000).toFixed(1)} s after the start\n${hintsNow()}\n`,
      );
      drawn = [];
    }
    await sleep(REFRESH_MS, undefined, { signal: stopping }).catch(() => undefined);
  }
}

function endInTime(): void {
  setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(1);
    process.stdout.write('\nstopping …\n');
    stop.abort();
    endInTime();
  });
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options) await start(options, stop.signal);
  else process.stdout.write(HELP);
} catch (error) {
  if (!stop.signal.aborted) process.exitCode = exitCodeOf(error);
}
