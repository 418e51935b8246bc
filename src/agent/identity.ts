import { AGENT_PROTOCOL, MAX_DRIFT_NAMED, type HelloResponse, type TicketRequest } from '../contract/relay.ts';
import type { GatewayStep } from '../contract/gateway-activities.ts';
import { SyncError, type Fault } from '../domain/errors.ts';
import type { NodeState } from '../domain/redundancy/node.ts';
import type { DriftReport } from '../domain/reports.ts';
import type { Drift } from './drift.ts';
import type { Clock, Doing, RelayClient } from './ports.ts';
import type { State } from './state.ts';
import { checkTicket } from './ticket.ts';

/** What was found on the gateway, as far as it was looked. */
interface Found {
  readonly drift?: Drift | undefined;
  readonly node?: NodeState | undefined;
  readonly restartPending?: readonly string[] | undefined;
  /** What keeps the gateway from being synced. */
  readonly comingUp?: Fault | undefined;
}

/** Who the relay takes this agent for, and what it permits. */
export class Identity {
  readonly #relay: RelayClient;
  readonly #clock: Clock;
  readonly #version: string;
  #known: HelloResponse | undefined;

  constructor(relay: RelayClient, clock: Clock, version: string) {
    this.#relay = relay;
    this.#clock = clock;
    this.#version = version;
  }

  /** Says what is live; the answer says who we are and where our work is. */
  async hello(state: State, { drift, node, restartPending, comingUp }: Found = {}, signal?: AbortSignal): Promise<HelloResponse> {
    const { live, op: liveOp } = state;
    const found = {
      ...(drift && { drift: reported(drift) }),
      ...(node && { node }),
      ...(restartPending && { restartPending }),
      ...(comingUp && { comingUp }),
    };
    const request = { protocol: AGENT_PROTOCOL, version: this.#version, live, liveOp, ...found };
    this.#known = await this.#relay.hello(request, signal);
    return this.#known;
  }

  /**
   * Asks whether this step may be made live now.
   * @returns the check whether it still may, for the moment directly before the commit point
   * @throws SyncError with the refusal's own reason, or TicketRefused when the answer is not good
   */
  async ticket(state: State, step: GatewayStep, doing: Doing): Promise<() => void> {
    const known = this.#known ?? (await this.hello(state, {}, doing.signal));
    try {
      return await this.#ask(known, step, doing);
    } catch (error) {
      if (!(error instanceof SyncError && error.reason === 'TicketRefused')) throw error;
      // The relay may have been replaced, and its key with it, since it was last greeted.
      const now = await this.hello(state, {}, doing.signal);
      if (now.ticketKey === known.ticketKey) throw error;
      return this.#ask(now, step, doing);
    }
  }

  async #ask(known: HelloResponse, step: GatewayStep, doing: Doing): Promise<() => void> {
    const { namespace, name, uid } = step.object;
    const request: TicketRequest = {
      object: { namespace, name, uid },
      rollout: step.rollout,
      planDigest: step.planDigest,
      target: step.target,
      op: step.op,
    };
    if (known.gateway !== step.gateway) {
      throw new SyncError(
        'TicketRefused',
        `This agent is ${known.namespace}/${known.gateway} to the relay; the step is for ${step.gateway}.`,
      );
    }
    const askedAt = this.#clock.monotonicMs();
    const response = await this.#relay.ticket(request, doing.signal);
    return checkTicket(response, known.ticketKey, { ...request, gateway: known.gateway, namespace: known.namespace }, askedAt, () =>
      this.#clock.monotonicMs(),
    );
  }
}

function reported({ changed, missing, foreign, twins }: Drift): DriftReport {
  return {
    changed: changed.count,
    missing: missing.count,
    foreign: foreign.count,
    first: [...changed, ...missing, ...foreign].slice(0, MAX_DRIFT_NAMED),
    twins: { count: twins.count, first: [...twins].slice(0, MAX_DRIFT_NAMED) },
  };
}
