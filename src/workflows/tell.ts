import type { SignalDefinition } from '@temporalio/common';
import { getExternalWorkflowHandle } from '@temporalio/workflow';

/** Signals another workflow. False when there is nobody to hear it: it has ended, or was terminated. */
export function tell<T extends unknown[]>(workflowId: string, signal: SignalDefinition<T>, ...said: T): Promise<boolean> {
  return getExternalWorkflowHandle(workflowId)
    .signal(signal, ...said)
    .then(
      () => true,
      () => false,
    );
}
