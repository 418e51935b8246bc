#!/usr/bin/env node
import { Command } from 'commander';
import { VERSION } from './config/version.ts';

type Run = (environment: NodeJS.ProcessEnv, stopping: AbortSignal) => Promise<void>;

/** One image; the command picks the process. Each is loaded only when it is picked: an agent carries no control plane. */
const PROCESSES: Record<string, { what: string; load: () => Promise<{ run: Run }> }> = {
  operator: { what: 'watch Kubernetes objects, start and signal workflows, receive webhooks', load: () => import('./operator/main.ts') },
  worker: { what: 'run workflows and control activities', load: () => import('./workers/main.ts') },
  source: { what: 'own the git mirrors and the content store', load: () => import('./source/main.ts') },
  relay: { what: 'the door for agents: content, tickets, hello', load: () => import('./relay/main.ts') },
  agent: { what: 'execute the activities of the gateway beside it', load: () => import('./agent/main.ts') },
};

/** Runs a process until it ends or is asked to: the first signal asks, the second ends it at once. */
async function runProcess(load: () => Promise<{ run: Run }>): Promise<void> {
  const stop = new AbortController();
  const ask = (): void => {
    if (stop.signal.aborted) process.exit(1);
    stop.abort();
  };
  process.on('SIGTERM', ask).on('SIGINT', ask);
  try {
    await (await load()).run(process.env, stop.signal);
    process.exit(0);
  } catch (error) {
    if (stop.signal.aborted) process.exit(0);
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}

const program = new Command('ignition-sync').description('Rolls git commits out to fleets of Ignition gateways.').version(VERSION);
for (const [name, { what, load }] of Object.entries(PROCESSES)) {
  program
    .command(name)
    .description(what)
    .action(() => runProcess(load));
}
const { addCommands } = await import('./cli/commands/index.ts');
addCommands(program);
try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
