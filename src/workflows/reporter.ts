import { CancellationScope, log } from '@temporalio/workflow';
import type { GatewayReport } from '../domain/reports.ts';
import { faultOf } from './faults.ts';

/** Sends what gateways are doing to status without holding up the work: what comes while a report is under way goes with the next. */
export interface Reporter {
  report(news: GatewayReport): void;
  /** Waits until everything said so far is in status. */
  flush(): Promise<void>;
}

/** News that do not say what is live, or proved, leave it as it was. */
export function merge(before: GatewayReport | undefined, next: GatewayReport): GatewayReport {
  return {
    ...(before?.live === undefined ? {} : { live: before.live }),
    ...(before?.confirmed ? { confirmed: before.confirmed } : {}),
    ...next,
  };
}

export function createReporter(send: (news: readonly GatewayReport[]) => Promise<unknown>): Reporter {
  const pending = new Map<string, GatewayReport>();
  let sending: Promise<void> | undefined;

  async function drain(): Promise<void> {
    await Promise.resolve(); // lets the other gateways of the wave join the same report
    while (pending.size > 0) {
      const batch = [...pending.values()];
      pending.clear();
      try {
        // Also while the workflow is being cancelled: what has happened is said.
        await CancellationScope.nonCancellable(() => send(batch));
      } catch (error) {
        log.warn('status report failed', { ...faultOf(error) });
      }
    }
    sending = undefined;
  }

  return {
    report(news) {
      pending.set(news.gateway, merge(pending.get(news.gateway), news));
      sending ??= drain();
    },
    async flush() {
      while (sending) await sending;
    },
  };
}
