import { Approval } from '../api/v1alpha1/ignition-sync.ts';

/** Whether the spec of an IgnitionSync, as it is stored, wants a person to look at each plan. */
export function asksForApproval(spec: unknown): boolean {
  return Approval.safeParse((spec as { approval?: unknown } | undefined)?.approval).data?.required ?? false;
}
