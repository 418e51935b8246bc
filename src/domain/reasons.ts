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
  MirrorFull: 'backoff',
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
  GatewayStarting: 'backoff',
  GatewayCommissioning: 'backoff',
  ApiKeyNotLoaded: 'backoff',
  GatewayAuthFailed: 'change',
  GatewayIncompatible: 'change',
  ScanFailed: 'backoff',
  RestoreFailed: 'backoff',
  GatewayInUse: 'backoff',
  RestartPending: 'change',
  RestartFailed: 'change',
  DesignerOpen: 'change',
  PerspectiveOpen: 'change',
  // A redundant pair. None is asked again by Temporal itself: who is active is looked at anew first.
  RedundancyFailedOver: 'change',
  RedundancyUnsettled: 'change',
  PeerUnknown: 'change',
  PeerNotReady: 'change',
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

/** A gateway that is not there yet, and comes by itself or by a person's first-time setup: nobody has failed, the sync follows. */
export const COMING_UP = ['GatewayStarting', 'GatewayCommissioning', 'ApiKeyNotLoaded'] as const satisfies readonly Reason[];

/** Whether a reason is one of these. */
export function isComingUp(reason: string | undefined): boolean {
  return COMING_UP.some((one) => one === reason);
}
