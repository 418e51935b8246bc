import { type Hold, holdMessage } from '../domain/rollout-state.ts';
import { type RolloutInbox, heard } from './rollout-messages.ts';

/**
 * Waits for somebody to end a hold, or for the canary's agent to come back.
 * @returns the gateways to try again, or undefined for the whole wave
 */
export async function untilHoldEnds(
  hold: Hold,
  inbox: RolloutInbox,
  say: (message: string) => Promise<unknown>,
): Promise<readonly string[] | undefined> {
  await say(holdMessage(hold));
  const back = inbox.agentsBack;
  for (;;) {
    await heard(inbox, () => inbox.retries.length > 0 || (hold.kind === 'canaryUnreachable' && inbox.agentsBack > back));
    const { retries } = inbox;
    inbox.retries = [];
    if (hold.kind === 'canaryUnreachable' || retries.length === 0) return undefined;
    const retry = retries.find((gateway) => hold.failed.some((failed) => failed.gateway === gateway));
    if (retry !== undefined) return [retry];
    await say(`${holdMessage(hold)} (retryGateway "${retries.at(-1) ?? ''}": no gateway of that name failed)`);
  }
}
