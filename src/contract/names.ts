/** The Task Queue of workflows and control activities. */
export const CONTROL_TASK_QUEUE = 'ignition-sync';

/** The Task Queue of the processes that own the git mirrors and the content store. */
export const SOURCE_TASK_QUEUE = 'ignition-sync-source';

/** The audience of the ServiceAccount tokens that agents show to the relay. */
export const TOKEN_AUDIENCE = 'ignition-sync';

export { ANNOTATION_PREFIX } from '../api/v1alpha1/pod-annotations.ts';

/** Task Queue of the one agent beside one gateway. */
export function gatewayTaskQueue(namespace: string, gateway: string): string {
  return `ignition-gateway/${namespace}/${gateway}`;
}

/** Workflow ID of the long-lived workflow of one IgnitionSync object. */
export function ignitionSyncWorkflowId(namespace: string, name: string): string {
  return `ignition-sync/${namespace}/${name}`;
}

/** Workflow ID of rollout number `n`; it is the rollout's name in status, tickets and operation ids too. */
export function rolloutWorkflowId(namespace: string, name: string, n: number): string {
  return `rollout/${namespace}/${name}/${n}`;
}

/** Workflow ID of one wave. */
export function waveWorkflowId(rollout: string, stage: string, wave: number): string {
  return `${rollout}/${stage}/${wave}`;
}

/**
 * The name of one step on one gateway: names log lines, snapshots and commit records, and makes asking twice harmless.
 * Never a Temporal run id, so that a reset or a retry asks for the same thing.
 */
export function operationId(at: {
  uid: string;
  n: number;
  gateway: string;
  step: 'apply' | 'restore' | 'restart';
  attempt: number;
}): string {
  return `${at.uid}/${at.n}/${at.gateway}/${at.step}/${at.attempt}`;
}

/** Custom Search Attributes, as registered with the server. */
export const SEARCH_ATTRIBUTES = {
  IgnitionSyncNamespace: 'Keyword',
  IgnitionSyncName: 'Keyword',
  IgnitionCommit: 'Keyword',
  IgnitionPhase: 'Keyword',
  IgnitionGateways: 'KeywordList',
} as const;
