/**
 * Messages people and processes send to workflows. Signals are for the Temporal UI and `temporal workflow signal`; each takes at most
 * one JSON object. Every signal below is understood by `ignitionSync`, which hands on what concerns its running rollout,
 * and by `rollout`, which hands on what concerns its object.
 */
export const SIGNALS = {
  approve: 'approve',
  reject: 'reject',
  pause: 'pause',
  resume: 'resume',
  abort: 'abort',
  emergencyStop: 'emergencyStop',
  syncNow: 'syncNow',
  retryGateway: 'retryGateway',
  /** From the operator and the relay: something that was read before may have changed. */
  desiredChanged: 'desiredChanged',
} as const;

/** Who sent it and why, for the record; identity counts only where a SyncApproval proves it. */
export interface Said {
  readonly by?: string;
  readonly reason?: string;
}

export interface Approve extends Said {
  /** When given, the approval counts for this plan only. */
  readonly planDigest?: string;
}

export interface RetryGateway extends Said {
  readonly gateway: string;
}

export interface DesiredChanged {
  readonly reason: string;
}

/** The Query every workflow answers. */
export const PROGRESS_QUERY = 'progress';
