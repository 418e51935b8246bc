import { type ChildWorkflowHandle, ParentClosePolicy, WorkflowIdReusePolicy, startChild } from '@temporalio/workflow';
import { rolloutWorkflowId } from '../contract/names.ts';
import { short } from '../domain/revision.ts';
import { rollout } from './rollout.ts';
import type { RolloutInput } from './rollout-contract.ts';
import { searchAttributes } from './search-attributes.ts';

/** Starts a rollout as a child of the object's workflow. */
export function startRollout(input: RolloutInput): Promise<ChildWorkflowHandle<typeof rollout>> {
  const { object, n, ref, commit, why } = input;
  return startChild(rollout, {
    workflowId: rolloutWorkflowId(object.namespace, object.name, n),
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    parentClosePolicy: ParentClosePolicy.ABANDON, // a rollout outlives this run: continue-as-new, reset, termination
    staticSummary: `rollout ${n}: ${ref}@${short(commit)} (${why})`,
    typedSearchAttributes: searchAttributes({ object, commit, phase: 'Planning' }),
    args: [input],
  });
}
