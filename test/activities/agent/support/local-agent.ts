import { Agent } from '../../../../src/agent/agent.ts';
import type { AgentOptions, Doing } from '../../../../src/agent/ports.ts';
import { createIgnitionClient } from '../../../../src/clients/ignition/client.ts';
import type { GatewayStep } from '../../../../src/contract/gateway-activities.ts';
import type { Digest } from '../../../../src/domain/manifest.ts';
import type { LocalRelay } from './local-relay.ts';

export const doing: Doing = { signal: new AbortController().signal, onProgress: () => undefined };
const ROOMY = () => Promise.resolve({ free: 1e12, total: 1e12 });

export function stepOf<Given extends object = object>(expectLive: Digest, target: Digest, op: string, given?: Given): GatewayStep & Given {
  return {
    object: { namespace: 'plant', name: 'site', uid: '0f8e' },
    gateway: 'line-1',
    rollout: 'rollout/plant/site/1',
    planDigest: 'f'.repeat(64),
    target,
    expectLive,
    op,
    connection: { port: 1, tls: false },
    retainSnapshots: 5,
    ...(given as Given),
  };
}

export async function openAgent(dataDir: string, relay: LocalRelay, options: Partial<AgentOptions> = {}): Promise<Agent> {
  return Agent.open({
    dataDir,
    version: 'test',
    relay,
    // Nothing answers at the port of `stepOf`: a gateway that does not run.
    ignition: ({ port, tls }) => createIgnitionClient({ host: '127.0.0.1', port, tls }),
    space: ROOMY,
    ...options,
  });
}
