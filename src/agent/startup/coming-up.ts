import { refusedWith } from '../../clients/ignition/failure.ts';
import type { GatewayActivities, GatewayConnection, GatewayStep } from '../../contract/gateway-activities.ts';
import type { Agent } from '../agent.ts';
import type { Boot } from './boot.ts';
import type { StartupGate } from './gate.ts';

/** What the engine does for workflows. */
export type Steps = Pick<Agent, keyof GatewayActivities>;

export interface ComingUpWith {
  readonly gate: Pick<StartupGate, 'applied'>;
  readonly boot: Pick<Boot, 'guardWriting' | 'guardProof' | 'refusedKey'>;
  /** What the gateway's files say for the API key that it refused; see `findKeyOnDisk`. */
  readonly keyOnDisk: (connection: GatewayConnection, error: unknown) => Promise<string | undefined>;
}

/** The engine's steps on a gateway that may not have come up yet: what must wait says so at once, and is asked again. */
export function whileComingUp(agent: Steps, { gate, boot, keyOnDisk }: ComingUpWith): Steps {
  const orKeyFollows = async <T>({ connection }: GatewayStep, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (refusedWith(error) === undefined) throw error;
      throw boot.refusedKey(error, await keyOnDisk(connection, error));
    }
  };
  return {
    async stage(input, doing) {
      await boot.guardWriting(input.connection, doing.signal);
      return orKeyFollows(input, () => agent.stage(input, doing));
    },
    async apply(input, doing) {
      await boot.guardWriting(input.connection, doing.signal);
      const result = await agent.apply(input, doing);
      await gate.applied();
      return result;
    },
    async scan(input, doing) {
      await boot.guardProof(input.connection, doing.signal);
      return orKeyFollows(input, () => agent.scan(input, doing));
    },
    restore: (input, doing) => agent.restore(input, doing),
    restart: (input, doing) => agent.restart(input, doing),
  };
}
