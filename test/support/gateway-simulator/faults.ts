import { z } from 'zod';

/** What a test can make the simulated gateway do wrong while it runs. Each switch stays until it is set otherwise. */
export const Faults = z.strictObject({
  /** `starting`: 503 everywhere. `commissioning`: 302 to /welcome. */
  state: z.enum(['running', 'starting', 'commissioning']),
  /** Milliseconds that one scan takes. */
  scanMs: z.number().min(0),
  /** A started scan stays active; the switch's end ends it. */
  scanNeverEnds: z.boolean(),
  /** POST of a scan answers 500 and starts none. */
  scanFails: z.boolean(),
  /** Scans are done, but the status keeps its old timestamp (seen on one 8.3.9). */
  scanNotReported: z.boolean(),
  /** Answers every call that needs a token with this status. */
  refuseToken: z.union([z.literal(401), z.literal(403), z.null()]),
  /** Projects that scans pass over, as if they could not be loaded. */
  brokenProjects: z.array(z.string()),
});
export type Faults = z.infer<typeof Faults>;

export const NO_FAULTS: Faults = {
  state: 'running',
  scanMs: 20,
  scanNeverEnds: false,
  scanFails: false,
  scanNotReported: false,
  refuseToken: null,
  brokenProjects: [],
};
