import { ApplicationFailure } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import { KubeError } from '../../clients/kube/errors.ts';
import { SyncError, isRetryable } from '../../domain/errors.ts';

/** Translates expected failures once, at the edge: the reason becomes the failure's type, so workflows and the Temporal UI see it. */
export class FailureInterceptor implements ActivityInboundCallsInterceptor {
  async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>): Promise<unknown> {
    try {
      return await next(input);
    } catch (error) {
      const known = error instanceof KubeError && error.status === 403 ? accessDenied(error) : error;
      if (!(known instanceof SyncError)) throw error; // unknown: Temporal's own retry policy applies
      const { message, reason, retryAfterMs } = known;
      throw ApplicationFailure.create({
        message,
        type: reason,
        nonRetryable: !isRetryable(reason),
        ...(retryAfterMs === undefined ? {} : { nextRetryDelay: retryAfterMs }),
      });
    }
  }
}

function accessDenied({ message }: KubeError): SyncError {
  return new SyncError(
    'AccessDenied',
    `Kubernetes refuses ignition-sync itself: ${message}. Give its ServiceAccount the roles of the chart.`,
  );
}
