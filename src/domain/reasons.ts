/**
 * Every fault has a name: the closed list of reasons that conditions, failures, events and logs may carry.
 * Each has a section in docs/troubleshooting.md (a test compares the two lists).
 *
 * `retry`: `backoff` = the same input may succeed later, tried again by itself; `change` = only a change of input (object, commit,
 * secret, gateway) or a person can end it, so asking again at once is useless.
 */
export const REASONS = {
  // What users write
  InvalidSpec: 'change',
  InvalidProfile: 'change',
  ProfileNotFound: 'change',
  GatewayOwnedByOther: 'change',
  NotSupportedYet: 'change',
  SecretNotFound: 'change',
  ConfigMapNotFound: 'change',
  NoGateways: 'change',
  // The git side
  RefNotFound: 'change',
  RefAmbiguous: 'change',
  TagMoved: 'change',
  SignatureRejected: 'change',
  AuthenticationFailed: 'backoff',
  HostKeyMismatch: 'change',
  HostKeyUnknown: 'change',
  RepositoryNotFound: 'backoff',
  HostUnreachable: 'backoff',
  RateLimited: 'backoff',
  TlsUntrusted: 'change',
  GitTimeout: 'backoff',
  GitFailed: 'backoff',
  // Planning
  PathNotAllowed: 'change',
  SourceNotFound: 'change',
  InvalidPattern: 'change',
  TemplateFailed: 'change',
  PatchFailed: 'change',
  UnsupportedContent: 'change',
  NameCollision: 'change',
  EmptySource: 'change',
  TooManyDeletes: 'change',
  // The gateway side
  Unreachable: 'backoff',
  InsufficientSpace: 'backoff',
  OwnerMismatch: 'change',
  ContentUnavailable: 'backoff',
  ContentStoreFailed: 'backoff',
  LivePreconditionFailed: 'change',
  LocalChange: 'change',
  Drifted: 'change',
  NameTwin: 'change',
  LinkInTheWay: 'change',
  InTheWay: 'change',
  AnotherWriter: 'backoff',
  VolumeFailed: 'backoff',
  TicketRefused: 'backoff',
  RelayUnreachable: 'backoff',
  GatewayNotRunning: 'backoff',
  GatewayAuthFailed: 'change',
  GatewayIncompatible: 'change',
  ScanFailed: 'backoff',
  RestoreFailed: 'backoff',
  DesignerOpen: 'change',
  PerspectiveOpen: 'change',
  // A redundant pair. None is asked again by Temporal itself: who is active is looked at anew first.
  RedundancyFailedOver: 'change',
  RedundancyUnsettled: 'change',
  PeerUnknown: 'change',
  ReplicationPending: 'backoff',
  // The rollout
  NotCurrentRollout: 'change',
  ApprovalPending: 'change',
  Rejected: 'change',
  Aborted: 'change',
  Superseded: 'change',
  Paused: 'change',
  Frozen: 'change',
  GatewaysFailed: 'change',
  // Ours
  AccessDenied: 'backoff',
  Internal: 'backoff',
} as const satisfies Record<string, 'backoff' | 'change'>;

export type Reason = keyof typeof REASONS;

/** Reasons that Temporal must not retry by itself: only a change of input or a person ends them. */
export const REFUSALS: readonly Reason[] = (Object.keys(REASONS) as Reason[]).filter((reason) => REASONS[reason] === 'change');

/** Whether text from another process names one of our reasons. */
export function isReason(text: string | undefined | null): text is Reason {
  return typeof text === 'string' && Object.hasOwn(REASONS, text);
}
