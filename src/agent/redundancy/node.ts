import type { IgnitionClient } from '../../clients/ignition/client.ts';
import type { GwInfo } from '../../clients/ignition/wire.ts';
import type { GatewayStep, RestoreInput } from '../../contract/gateway-activities.ts';
import { SyncError } from '../../domain/errors.ts';
import { replicates } from '../../domain/redundancy/replicates.ts';
import type { Change } from '../change.ts';
import { isActive, isStandby, nodeSummary, type NodeState } from '../../domain/redundancy/node.ts';

/** Milliseconds for the look at a gateway of which no pair is known. */
const PATIENCE_MS = 3_000;

/** Asks a gateway for its part in a pair, without a key: also one that would not let us in. A gateway that does not run says nothing. */
export async function readNode(client: IgnitionClient, signal?: AbortSignal): Promise<NodeState> {
  if ((await client.state(signal)) !== 'Running') return { running: false };
  return nodeOf(await client.gwInfo(signal));
}

/** What a running gateway says; little where it did not answer this. */
export function nodeOf({ role, activityLevel, projectState }: GwInfo = {}): NodeState {
  return {
    running: true,
    ...(role !== undefined && { role }),
    ...(activityLevel !== undefined && { activityLevel }),
    ...(projectState !== undefined && { projectState }),
  };
}

/**
 * A gateway that says of itself that it is a standby is not written unless somebody knows its peer: what was written would neither be
 * wanted there nor stay.
 * @throws SyncError PeerUnknown
 */
export function guardPeerKnown({ redundancy, gateway }: GatewayStep, node: NodeState | undefined): void {
  if (redundancy !== undefined || !node || !isStandby(node)) return;
  throw new SyncError(
    'PeerUnknown',
    `${gateway} says that it is the standby of a redundant pair (${nodeSummary(node)}), and no gateway of this object is known as its peer: give the pods of both nodes the same annotation ignition-sync.io/redundant-pair. Nothing was written.`,
  );
}

/**
 * What a rollout wrote on a node that is not in charge any more is put back there only if the policy is to go on: nobody knows what becomes
 * of it on a pair. A change that did not come up is always put back.
 * @throws SyncError RedundancyFailedOver
 */
export async function guardRevert(
  client: IgnitionClient,
  step: RestoreInput,
  changes: Iterable<Change>,
  signal: AbortSignal,
): Promise<void> {
  const { redundancy, gateway } = step;
  if (!redundancy || step.localChanges !== 'hold' || redundancy.unreplicated !== undefined) return;
  if (![...changes].some(({ path }) => replicates(path))) return;
  const node = await readNode(client, signal);
  if (!isStandby(node)) return;
  throw new SyncError(
    'RedundancyFailedOver',
    `${gateway} was written by this rollout and is not the active node of its pair any more (${nodeSummary(node)}): it was not put back. Make it active again, or roll out the wanted commit.`,
  );
}

/** A gateway of no known pair that does not answer is changed all the same: the change may be what it needs. */
async function nodeIfItAnswers(client: IgnitionClient, signal: AbortSignal): Promise<NodeState | undefined> {
  try {
    return await readNode(client, AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SyncError) return undefined;
    throw error;
  }
}

/**
 * Looks directly before files change whether the node is still what the step takes it for: minutes may have gone since the step was made.
 * @throws SyncError RedundancyFailedOver, RedundancyUnsettled, PeerUnknown; nothing has changed then
 */
export async function guardNode(client: IgnitionClient, step: GatewayStep, signal: AbortSignal): Promise<void> {
  const { redundancy, gateway } = step;
  if (redundancy?.as === 'standby' && redundancy.unreplicated === undefined) return; // writes only what is its own, whoever is active
  if (!redundancy) {
    guardPeerKnown(step, await nodeIfItAnswers(client, signal));
    return;
  }
  const node = await readNode(client, signal);
  switch (redundancy.as) {
    case undefined:
    case 'active':
      if (isActive(node)) return;
      if (node.running)
        throw new SyncError(
          'RedundancyFailedOver',
          `${gateway} is not the active node of its pair any more (${nodeSummary(node)}); ${redundancy.peer} was its standby. Nothing was written.`,
        );
      break;
    case 'stopped':
      if (!node.running || isActive(node)) return;
      break;
    case 'standby':
      if (!isActive(node)) return;
      break;
  }
  throw new SyncError(
    'RedundancyUnsettled',
    `${gateway} has just ${node.running ? `become ${nodeSummary(node)}` : 'stopped running'}: its pair is looked at anew. Nothing was written.`,
  );
}
