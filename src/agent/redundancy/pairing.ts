import type { GatewayStep } from '../../contract/gateway-activities.ts';
import { NO_MANIFEST, type ManifestLines, type Mirror } from '../../domain/manifest.ts';
import { isStandby, type NodeState } from '../../domain/redundancy/node.ts';
import { folderReplicates, replicates } from '../../domain/redundancy/replicates.ts';
import { manifestOr, obtainManifest } from '../manifests.ts';
import type { Layout } from '../layout.ts';
import type { Clock, Doing, RelayClient } from '../ports.ts';
import { baselineOf, proveReplica } from './replica.ts';

/** What of a plan this agent itself brings about on its node of a pair, and over what. */
export interface Pairing {
  /** Whether a path is this agent's to write. */
  readonly writes: (path: string) => boolean;
  /** The mirrored folders that are this agent's to clear. */
  readonly mirrorOf: (mirror: Mirror | undefined) => Mirror | undefined;
  /** What is taken to be ours on the gateway. */
  readonly live: ManifestLines;
}

interface PairingWith {
  readonly layout: Layout;
  readonly relay: RelayClient;
  readonly clock: Clock;
}

/**
 * How a step is carried out on its gateway: all of it, or, on a standby, only what does not replicate.
 * @param node what the gateway says, where the step leaves it to that
 * @throws SyncError ReplicationPending when the rest shall have come from the peer and has not
 */
export async function pairingOf(
  { layout, relay, clock }: PairingWith,
  step: GatewayStep,
  live: ManifestLines,
  node: NodeState | undefined,
  doing: Doing,
): Promise<Pairing> {
  const { redundancy } = step;
  if (!redundancy) return { writes: () => true, mirrorOf: (mirror) => mirror, live };
  const follows = redundancy.as === undefined ? isStandby(node) : redundancy.as === 'standby' && redundancy.unreplicated === undefined;
  if (follows) {
    if (redundancy.as === 'standby') {
      const target = await obtainManifest(layout, relay, step.target, doing.signal);
      await proveReplica(layout, { before: live, target }, redundancy.peer, clock, doing);
    }
    return { writes: (path) => !replicates(path), mirrorOf: ownMirror, live };
  }
  const { peerLive = NO_MANIFEST } = redundancy;
  if (peerLive === NO_MANIFEST || peerLive === step.expectLive) return { writes: () => true, mirrorOf: (mirror) => mirror, live };
  const peer = await manifestOr(layout, relay, peerLive, live, doing.signal);
  return { writes: () => true, mirrorOf: (mirror) => mirror, live: await baselineOf(layout, live, peer, clock, doing) };
}

/**
 * What a standby once had from its peer may be gone since: the record of what is live says nothing of that.
 * @throws SyncError ReplicationPending
 */
export async function proveStill(make: PairingWith, step: GatewayStep, doing: Doing): Promise<void> {
  if (step.redundancy?.as !== 'standby') return;
  const target = await obtainManifest(make.layout, make.relay, step.target, doing.signal);
  await proveReplica(make.layout, { before: target, target }, step.redundancy.peer, make.clock, doing);
}

function ownMirror(mirror: Mirror | undefined): Mirror | undefined {
  const folders = (mirror?.folders ?? []).filter((folder) => !folderReplicates(folder));
  return mirror && folders.length > 0 ? { ...mirror, folders } : undefined;
}
