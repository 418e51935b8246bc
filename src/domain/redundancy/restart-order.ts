import type { Fault } from '../errors.ts';
import { judgePair, type SeenNode } from './judge-pair.ts';
import { isStandby, type NodeState } from './node.ts';

/** Both nodes of a pair, the configured master first. */
type Nodes = readonly [SeenNode, SeenNode];

/** Which of a pair is restarted first: the one that does not carry the plant now. Where nobody can tell, the configured backup. */
export function restartedFirst(nodes: Nodes): string {
  const verdict = judgePair('proceed', nodes);
  return verdict.is === 'write' ? verdict.other : nodes[1].gateway;
}

/**
 * What speaks against restarting a node at this moment; undefined when nothing does. The other one must carry the plant meanwhile: for the
 * active node that is a standby which runs and has everything, for a standby an active node.
 */
export function restartObstacle(gateway: string, nodes: Nodes): Fault | undefined {
  const verdict = judgePair('proceed', nodes);
  const peer = nodes[0].gateway === gateway ? nodes[1] : nodes[0];
  switch (verdict.is) {
    case 'independent':
      return undefined;
    case 'unsettled':
    case 'held':
      return { reason: 'PeerNotReady', message: notRestarted(gateway, peer.gateway, verdict.fault.message) };
    case 'away':
      return { reason: 'PeerNotReady', message: notRestarted(gateway, peer.gateway, `${peer.gateway} cannot be asked.`) };
    case 'write': {
      if (verdict.other === gateway && !verdict.stopped) return undefined;
      const missing = whatIsMissing(peer.state === 'tooOld' ? undefined : peer.state);
      return missing === '' ? undefined : { reason: 'PeerNotReady', message: notRestarted(gateway, peer.gateway, missing) };
    }
  }
}

/** What keeps a standby from taking over; empty when nothing does. */
function whatIsMissing(standby: NodeState | undefined): string {
  if (!standby) return 'its agent cannot be reached.';
  if (!standby.running) return 'its gateway does not run.';
  if (!isStandby(standby)) return 'it does not say that it is a standby.';
  const { projectState = 'silent about that' } = standby;
  return projectState.toLowerCase() === 'good' ? '' : `it does not have everything (${projectState} instead of Good).`;
}

function notRestarted(gateway: string, peer: string, why: string): string {
  return `${gateway} waits for a restart, and ${peer}, the other node of its pair, could not carry the plant meanwhile: ${why} It was not restarted. When ${peer} is back: retryGateway ${gateway}; or restart ${gateway} by hand, then retryGateway.`;
}
