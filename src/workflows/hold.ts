import { patched } from '@temporalio/workflow';
import { isFor } from '../contract/messages.ts';
import { type Hold, askingForConfirmation, holdMessage } from '../domain/rollout-state.ts';
import { foreignApproval } from './approval-gate.ts';
import { type RolloutInbox, ending, heard } from './rollout-messages.ts';

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
  const whileSaying = { back: inbox.agentsBack, before: inbox.approvals.length };
  await say(holdMessage(hold));
  const { back, before } = patched('heard-while-saying') ? whileSaying : { back: inbox.agentsBack, before: inbox.approvals.length };
  const asking = askingForConfirmation(hold);
  let seen = before;
  const named = (): boolean => asking.length > 0 && inbox.approvals.length > seen;
  const confirmed = (): boolean => asking.length > 0 && inbox.approvals.slice(before).some((approval) => isFor(approval, plan));
  for (;;) {
    await heard(inbox, () => inbox.retries.length > 0 || named() || (hold.kind === 'canaryUnreachable' && inbox.agentsBack > back));
    if (confirmed()) return { only: asking, confirmed: true };
    if (named() && ending(inbox) === undefined) {
      seen = inbox.approvals.length;
      const last = inbox.approvals.at(-1);
      if (last && patched('foreign-approval-said')) await say(`${holdMessage(hold)} (${foreignApproval(last, plan)})`);
      continue;
    }
    const { retries } = inbox;
    inbox.retries = [];
    if (hold.kind === 'canaryUnreachable' || retries.length === 0) return { confirmed: false };
    const retry = retries.find((gateway) => hold.failed.some((failed) => failed.gateway === gateway));
    if (retry !== undefined) return { only: [retry], confirmed: false };
    await say(`${holdMessage(hold)} (retryGateway "${retries.at(-1) ?? ''}": no gateway of that name failed)`);
  }
}

/** How long a wave that changes nothing is left alone, a little longer each time, milliseconds. */
const IDLE_MS = 5_000;
const LONGEST_IDLE_MS = 300_000;

/**
 * Waits before a wave is run once more that left gateways as they were with nothing that holds it, for the `times`-th time in a row: at
 * once it would do so without end. What is said meanwhile ends the wait.
 */
export async function untilTriedAgain(times: number, inbox: RolloutInbox, say: (message: string) => Promise<unknown>): Promise<void> {
  const ms = Math.min(IDLE_MS * 2 ** Math.min(times, 10), LONGEST_IDLE_MS);
  const seen = inbox.generation;
  await say(`gateways were left as they were; they are looked at again in ${ms / 1000} s`);
  await heard(inbox, () => inbox.generation !== seen, ms);
}
