import { z } from 'zod';

const Person = z.strictObject({ user: z.string(), project: z.string(), address: z.string().default('10.0.0.7') });

/**
 * What a test can make the simulated gateway be or do wrong while it runs. Each switch stays until it is set otherwise. Where the sources
 * contradict each other or say nothing, the switch has a value for each that was seen.
 */
export const Faults = z.strictObject({
  /** `starting`: 503 everywhere. `commissioning`: 302 to /welcome. `faulted`: as a gateway whose start ended in a fault. */
  state: z.enum(['running', 'starting', 'commissioning', 'faulted']),
  /** Scans of a gateway that is being commissioned: 302 like everything, or 400 as one lab saw [facts 1.2]. */
  commissioningScan: z.union([z.literal(302), z.literal(400)]),

  /** Milliseconds that one scan takes. */
  scanMs: z.number().min(0),
  /** A started scan stays active; the switch's end ends it. */
  scanNeverEnds: z.boolean(),
  /** POST of a scan answers 500 and starts none. */
  scanFails: z.boolean(),
  /** Scans are reported as done and nothing is loaded. */
  scanLoadsNothing: z.boolean(),
  /** Scans are done, but the status keeps its old timestamp (seen on one 8.3.9) [facts 1.4 CONFLICT]. */
  scanNotReported: z.boolean(),
  /** Milliseconds by which the status is late with the end of a scan [facts 1.4: not within 5 s]. */
  scanReportDelayMs: z.number().min(0),
  /** When a scan reads the disk: unknown. */
  scanReads: z.enum(['at its end', 'at its start']),
  /** What a POST during a scan does: unknown [facts 9.4]. */
  scanDuringScan: z.enum(['join', 'queue', 'ignore']),
  /** Project scans that a new project needs until its resources are there: 2 was seen [facts 3.1, single source]. */
  newProjectScans: z.union([z.literal(1), z.literal(2)]),
  /** Projects that scans pass over, as if they could not be loaded. */
  brokenProjects: z.array(z.string()),
  /** Resources, by the start of their path below the data directory, that scans pass over without a word. */
  scanSkips: z.array(z.string()),
  /** Resources that scans refuse, by the start of their path, and the words for it in the log. */
  scanRejects: z.record(z.string(), z.string()),
  /** A listed payload of no bytes is cached as empty for good [facts 2.3 TRAP]. */
  poisonZeroBytes: z.boolean(),
  /** A manifest whose signature does not match its payload: no gate, or passed over by the config scan [facts 2.4 CONFLICT]. */
  wrongSignature: z.enum(['accepted', 'skipped']),
  /** A file that a manifest lists and that is not there: an error [facts 2.3], or nothing, as where large files are left out of git. */
  missingPayload: z.enum(['refused', 'accepted']),
  /** A manifest without `attributes`: fine, or passed over [facts 2.3 CONFLICT]. */
  missingAttributes: z.enum(['accepted', 'skipped']),

  /** Answers every call that needs a token with this status. */
  refuseToken: z.union([z.literal(401), z.literal(403), z.null()]),
  /** What the key may [facts 1.1: Access < Read < Write]. */
  keyRights: z.enum(['write', 'read', 'none']),
  /** When keys in files are loaded: at the start and by config scans, or at the start only [facts 1.14 CONFLICT]. */
  keysLoaded: z.enum(['scan', 'boot']),
  /** The key is marked secure-only: 403 over plain http [facts 1.1]. */
  keySecureOnly: z.boolean(),
  /** GETs need no key (a live 8.3.7 was so) [facts 1.1]. */
  anonymousReads: z.boolean(),
  /** For a missing or unknown key [facts 1.1 CONFLICT]. */
  unknownKey: z.union([z.literal(401), z.literal(403)]),
  /** Body of a 401 for a write: none on 8.3.7, a page on 8.3.6 [facts 1.1]. */
  refusedBody: z.enum(['empty', 'page']),

  /** `absent`: a gateway without the lock routes. `taken`: somebody else holds both for good. */
  locks: z.enum(['offered', 'absent', 'taken']),
  /** POST of a lock without a body: 500 on 8.3.9, 400 by the spec [facts 1.4]. */
  lockWithoutBody: z.union([z.literal(400), z.literal(500)]),

  /** A write of the API with a signature that is no more: 500 on 8.3.9, else 409 [facts 1.2, 9.12]. */
  staleSignature: z.union([z.literal(500), z.literal(409)]),

  /** Milliseconds before any answer. */
  delayMs: z.number().min(0),
  /** Answers calls below `wrongAt` (a path's start) so instead. */
  wrongAnswer: z.enum(['html', 'redirect', 'half', 'huge', 'silence', 'cut', 'successFalse', 'garbage']).nullable(),
  wrongAt: z.string(),

  /** Designers that are open, and people in front of Perspective. */
  designers: z.array(Person),
  perspective: z.array(Person),
  vision: z.array(Person),
  /** `projects/export` answers 404, as a gateway that cannot show its projects. */
  exportAbsent: z.boolean(),
  /** What waits for a restart [facts 1.7]. */
  pendingRestart: z.array(z.string()),
  /** What comes of being asked for a restart: the gateway stays away, never begins, still lists what waited for it, says no, answers 500 and restarts. */
  restart: z.enum(['works', 'stays-down', 'ignored', 'keeps-pending', 'refused', 'answers-500']),
  quarantinedModules: z.array(z.strictObject({ id: z.string(), reason: z.string() })),
});
export type Faults = z.infer<typeof Faults>;

export const NO_FAULTS: Faults = {
  state: 'running',
  commissioningScan: 302,
  scanMs: 20,
  scanNeverEnds: false,
  scanFails: false,
  scanLoadsNothing: false,
  scanNotReported: false,
  scanReportDelayMs: 0,
  scanReads: 'at its end',
  scanDuringScan: 'join',
  newProjectScans: 2,
  brokenProjects: [],
  scanSkips: [],
  scanRejects: {},
  poisonZeroBytes: true,
  wrongSignature: 'accepted',
  missingPayload: 'refused',
  missingAttributes: 'accepted',
  refuseToken: null,
  keyRights: 'write',
  keysLoaded: 'scan',
  keySecureOnly: false,
  anonymousReads: false,
  unknownKey: 401,
  refusedBody: 'empty',
  locks: 'offered',
  lockWithoutBody: 500,
  staleSignature: 500,
  delayMs: 0,
  wrongAnswer: null,
  wrongAt: '/data/',
  designers: [],
  perspective: [],
  vision: [],
  exportAbsent: false,
  pendingRestart: [],
  restart: 'works',
  quarantinedModules: [],
};
