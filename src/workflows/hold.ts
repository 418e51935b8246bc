import { isFor } from '../contract/messages.ts';
import { type Hold, askingForConfirmation, holdMessage } from '../domain/rollout-state.ts';
import { type RolloutInbox, heard } from './rollout-messages.ts';

/** How a wave goes on after a hold. */
export interface Retry {
  /** The gateways to try again; all of the wave when absent. */
  readonly only?: readonly string[];
  /** Whether a person has confirmed what these gateways lose. */
  readonly confirmed: boolean;
}

/**
 * Waits for somebody to end a hold, or for the canary's agent to come back. Where gateways ask for a confirmation, an approval of this
 * very plan that comes now is one, for them.
 */
export async function untilHoldEnds(
  hold: Hold,
  plan: string,
  inbox: RolloutInbox,
  say: (message: string) => Promise<unknown>,
): Promise<Retry> {
  await say(holdMessage(hold));
  const back = inbox.agentsBack;
  const asking = askingForConfirmation(hold);
  const before = inbox.approvals.length;
  const confirmed = (): boolean => asking.length > 0 && inbox.approvals.slice(before).some((approval) => isFor(approval, plan));
  for (;;) {
    await heard(inbox, () => inbox.retries.length > 0 || confirmed() || (hold.kind === 'canaryUnreachable' && inbox.agentsBack > back));
    if (confirmed()) return { only: asking, confirmed: true };
    const { retries } = inbox;
    inbox.retries = [];
    if (hold.kind === 'canaryUnreachable' || retries.length === 0) return { confirmed: false };
    const retry = retries.find((gateway) => hold.failed.some((failed) => failed.gateway === gateway));
    if (retry !== undefined) return { only: [retry], confirmed: false };
    await say(`${holdMessage(hold)} (retryGateway "${retries.at(-1) ?? ''}": no gateway of that name failed)`);
  }
}
