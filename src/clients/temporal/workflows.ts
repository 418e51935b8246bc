import type { Client } from '@temporalio/client';
import type { DesiredChanged } from '../../contract/messages.ts';
import { SIGNALS } from '../../contract/messages.ts';
import { CONTROL_TASK_QUEUE, ignitionSyncWorkflowId } from '../../contract/names.ts';

/** The long-lived workflow of each IgnitionSync, as the processes beside Kubernetes see it. */
export interface Workflows {
  /** Says that something which was read before may have changed. Starts the workflow where it does not run; saying it twice is harmless. */
  signalDesiredChanged(namespace: string, name: string, reason: string): Promise<void>;
}

/** Deadline of one call, milliseconds. */
const CALL_MS = 5_000;

export function createWorkflows(client: Client): Workflows {
  return {
    async signalDesiredChanged(namespace, name, reason) {
      const said: DesiredChanged = { reason };
      await client.withDeadline(Date.now() + CALL_MS, () =>
        client.workflow.signalWithStart('ignitionSync', {
          workflowId: ignitionSyncWorkflowId(namespace, name),
          taskQueue: CONTROL_TASK_QUEUE,
          args: [{ namespace, name }],
          signal: SIGNALS.desiredChanged,
          signalArgs: [said],
          staticSummary: `IgnitionSync ${namespace}/${name}`,
        }),
      );
    },
  };
}
