import { patched, sleep } from '@temporalio/workflow';
import type { ScanInput, ScanResult } from '../contract/gateway-activities.ts';
import type { Fault } from '../domain/errors.ts';
import { isComingUp } from '../domain/reasons.ts';
import { scanOfStartingGateway } from './activities.ts';
import { faultOf, rethrowCancellation } from './faults.ts';
import type { Say } from './sync-gateway.ts';

/** Milliseconds in which a gateway must have come up after a sync: one that has not is put back. */
const BOOT_MS = 900_000;
const AGAIN_MS = 30_000;
/** So often in a row its agent may be away meanwhile, each time for as long as counts as unreachable. */
const SILENCES = 3;

type Proof = ScanResult | Fault;

/**
 * Lets a gateway look at its files as soon as it can. One that is starting, waits for its first-time setup or has yet to load our key has not
 * failed: it is asked again, shown as waiting, and its agent may be started anew meanwhile.
 * @param first why it could not be asked at once
 * @returns the fault when it failed, or has not come up in time
 */
export async function scanWhenUp(namespace: string, input: ScanInput, first: Fault, say: Say): Promise<Proof> {
  const { gateway } = input;
  let proof: Proof = first;
  const agent = scanOfStartingGateway(namespace, gateway);
  const began = Date.now();
  for (let silences = 0; Date.now() - began < BOOT_MS;) {
    say({ phase: 'Waiting', live: input.target, waitingFor: proof.message, fault: proof });
    const next = await orFault(agent.scan(input, `${gateway}: scan when it is up`));
    silences = isSilent(next) ? silences + 1 : 0;
    if (!isWaiting(next) && (silences === 0 || silences === SILENCES)) return next;
    if (isWaiting(next)) proof = next;
    await sleep(AGAIN_MS);
  }
  return proof;
}

/** Nothing speaks against what is live on this gateway: the proof follows when it is there again, in a sync of its own. */
export function isAway(fault: Fault): boolean {
  if (fault.reason === 'GatewayStarting') return false; // does not come up with what it was given
  return isComingUp(fault.reason) || (fault.reason === 'Unreachable' && patched('agent-away-after-apply'));
}

/** Whether a scan only has to wait. */
export function isWaiting(proof: Proof): proof is Fault {
  return 'reason' in proof && isComingUp(proof.reason);
}

function isSilent(proof: Proof): boolean {
  return 'reason' in proof && proof.reason === 'Unreachable';
}

function orFault(scanning: Promise<ScanResult>): Promise<Proof> {
  return scanning.catch((error: unknown) => {
    rethrowCancellation(error);
    return faultOf(error);
  });
}
