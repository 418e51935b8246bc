import { toFault, type Fault } from '../../domain/errors.ts';
import type { Agent } from '../agent.ts';
import type { Layout } from '../layout.ts';
import { SYSTEM_CLOCK } from '../opening.ts';
import type { AgentOptions } from '../ports.ts';
import { Boot } from './boot.ts';
import { whileComingUp, type Steps } from './coming-up.ts';
import type { StartupGate } from './gate.ts';
import { findKeyOnDisk } from './key-on-disk.ts';
import { Mender, type MenderOptions } from './mender.ts';
import { isSetUp } from './set-up.ts';
import { takeVolume, type OnTrouble } from './take-volume.ts';
import { BootWatch, type WatchWith } from './watch.ts';

export interface BeginWith {
  readonly options: AgentOptions;
  readonly layout: Layout;
  readonly gate: StartupGate;
  /** See `BootOptions`. */
  readonly keptRunning: boolean;
  readonly onTrouble: OnTrouble;
  readonly onMended: MenderOptions['onMended'];
  readonly onNotReady: (fault: Fault) => void;
  readonly pace?: WatchWith['pace'];
}

/** An agent beside a gateway that may not have come up yet. */
export interface Begun {
  readonly agent: Agent;
  /** What it does for workflows. */
  readonly steps: Steps;
  readonly boot: Boot;
  readonly watch: BootWatch;
  /** Settles when it has been asked to stop. */
  readonly watching: Promise<void>;
}

/** Takes the volume, then watches the gateway come up. */
export async function begin(make: BeginWith, stopping: AbortSignal): Promise<Begun> {
  const { options, layout, gate, keptRunning, onMended, onNotReady, pace } = make;
  const { ignition, clock = SYSTEM_CLOCK } = options;
  const agent = await takeVolume(options, layout, gate, make.onTrouble, stopping);
  const boot = new Boot({ ignition, clock, isSetUp: () => isSetUp(layout), keptRunning });
  const mender = new Mender({ agent, layout, gate, clock, onMended });
  const onError = (error: unknown): void => onNotReady(toFault(error));
  const watch = new BootWatch({ agent, boot, gate, mender, onError, ...(pace && { pace }) });
  const steps = whileComingUp(agent, { gate, boot, keyOnDisk: (at, error) => findKeyOnDisk(ignition(at), error, layout) });
  return { agent, steps, boot, watch, watching: watch.run(stopping) };
}
