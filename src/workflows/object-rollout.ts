import { type ChildWorkflowHandle, ParentClosePolicy, WorkflowIdReusePolicy, startChild } from '@temporalio/workflow';
import type { ObjectRef, Revision } from '../domain/reports.ts';
import { rolloutWorkflowId } from '../contract/names.ts';
import type { Fault } from '../domain/errors.ts';
import { short } from '../domain/revision.ts';
import { control } from './activities.ts';
import { rollout } from './rollout.ts';
import type { RolloutEnded, RolloutInput } from './rollout-contract.ts';
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

/**
 * Of a rollout that was terminated by hand, or failed without a word: status must not show it as under way for ever.
 * @param foreign status never spoke of it
 */
export async function sayGone(
  object: ObjectRef,
  n: number,
  { ref, commit }: Revision,
  contentHash: string,
  fault: Fault,
  foreign: boolean,
): Promise<RolloutEnded> {
  const state = fault.reason === 'Aborted' ? 'Aborted' : 'Failed';
  const { message, reason } = fault;
  const id = rolloutWorkflowId(object.namespace, object.name, n);
  const said = { id, state, commit, ref, contentHash, message, reason } as const;
  if (!foreign) await control.reportStatus({ object, n, rollout: said }, `${id} is gone`).catch(() => undefined);
  return { n, state, message, fault };
}
