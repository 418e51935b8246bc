import type { RedundancyPolicy } from '../../api/v1alpha1/sync-profile.ts';
import type { Fault } from '../errors.ts';
import { isActive, isIndependent, isMaster, isStandby, type NodeState } from './node.ts';

/** One node of a pair as it was found a moment ago. */
export interface SeenNode {
  readonly gateway: string;
  /** Absent: its agent does not answer. */
  readonly state?: NodeState | 'tooOld';
}

/** What may be done to a pair now. */
export type PairVerdict =
  | {
      readonly is: 'write';
      /** The one node that is written first. */
      readonly writer: string;
      /** The other, which gets from it by replication what replicates. */
      readonly other: string;
      /** The backup is in charge, and the policy is to go on. */
      readonly failedOver: boolean;
      /** Neither gateway runs: nothing replicates, both read their files when they start. */
      readonly stopped: boolean;
    }
  /** No pair, whatever was written somewhere: each is written by itself. */
  | { readonly is: 'independent'; readonly note: string }
  /** Nobody may be written now; it is over in seconds, or a fault of the pair. */
  | { readonly is: 'unsettled'; readonly fault: Fault }
  /** A person decides. The fault is that of `gateway`. */
  | { readonly is: 'held'; readonly gateway: string; readonly fault: Fault }
  /** The node in charge cannot be reached. */
  | { readonly is: 'away' };

/**
 * Who of a pair may be written, by what the gateways themselves say a moment before: by who is active, never by who is configured as what.
 * @param nodes the configured master first
 */
export function judgePair(policy: RedundancyPolicy, nodes: readonly [SeenNode, SeenNode]): PairVerdict {
  const [master, backup] = nodes;
  const old = nodes.find(({ state }) => state === 'tooOld');
  if (old) {
    return unsettled(`the agent of ${old.gateway} is of a version that cannot tell who of its pair is active: recreate its pod`);
  }
  const states = nodes.map(({ state }) => state as NodeState | undefined) as [NodeState | undefined, NodeState | undefined];
  if (states.every((state) => isIndependent(state))) {
    return { is: 'independent', note: `${names(nodes)} say that they are independent, not a redundant pair: each was written by itself` };
  }
  if (states.some((state) => isIndependent(state))) {
    return unsettled(
      `${said(nodes)}: of a redundant pair one says that it is independent. Correct the redundancy settings of the gateway, or take ignition-sync.io/redundant-pair away`,
    );
  }
  const roles = states.map((state) => state?.role);
  if (roles[0] !== undefined && roles[0] === roles[1]) {
    return unsettled(`both ${names(nodes)} say that they are configured as ${roles[0]}: correct the redundancy settings of one`);
  }
  const active = nodes.filter(({ state }) => isActive(state as NodeState | undefined));
  const [writer, second] = active;
  if (second)
    return unsettled(
      `both ${names(nodes)} say that they are active: normal for some seconds while the master takes over again, else look at their connection`,
    );
  if (!writer) return nobodyActive(master, backup, states);
  const other = (writer === master ? backup : master).gateway;
  const failedOver = !isMaster(writer.state as NodeState);
  if (failedOver && policy === 'hold') {
    return {
      is: 'held',
      gateway: writer.gateway,
      fault: {
        reason: 'RedundancyFailedOver',
        message: `${writer.gateway}, the backup of its pair, is active since a failover, and ${other} is not: nothing more was written to either. Go on with retryGateway ${writer.gateway} when ${other} is active again; with redundancyPolicy: proceed in the profile the active node is written, then the other.`,
      },
    };
  }
  return { is: 'write', writer: writer.gateway, other, failedOver, stopped: false };
}

function nobodyActive(master: SeenNode, backup: SeenNode, states: readonly (NodeState | undefined)[]): PairVerdict {
  if (states.every((state) => state?.running === false))
    return { is: 'write', writer: master.gateway, other: backup.gateway, failedOver: false, stopped: true };
  // After its silence was waited for, a standby would be active by now if its peer were gone.
  if (states.some((state) => state === undefined)) return { is: 'away' };
  const standby = [master, backup].find(({ state }) => isStandby(state as NodeState));
  return unsettled(
    `neither ${names([master, backup])} is active${standby ? ` (${said([master, backup])})` : ''}: normal for some seconds of a failover`,
  );
}

function unsettled(message: string): PairVerdict {
  return { is: 'unsettled', fault: { reason: 'RedundancyUnsettled', message: `${message}. Nothing was written.` } };
}

function names(nodes: readonly SeenNode[]): string {
  return nodes.map(({ gateway }) => gateway).join(' and ');
}

function said(nodes: readonly SeenNode[]): string {
  return nodes
    .map(({ gateway, state }) => {
      if (state === undefined || state === 'tooOld') return `${gateway} cannot be asked`;
      return state.running ? `${gateway} is ${[state.role, state.activityLevel].filter(Boolean).join(', ')}` : `${gateway} does not run`;
    })
    .join('; ');
}
