import { z } from 'zod';
import { Conditions } from './conditions.ts';
import { withRules } from './schema.ts';

/** `spec` of an IgnitionGateway: written by the operator for each discovered pod, by the user for gateways outside Kubernetes. */
export const IgnitionGatewaySpec = withRules(
  z.object({
    syncRef: z.object({ name: z.string().min(1) }).describe('The IgnitionSync that this gateway belongs to.'),
    profileRef: z
      .object({ name: z.string().min(1) })
      .optional()
      .describe('Its SyncProfile.'),
    servicePath: z.string().min(1).optional().describe('Two-tier mode without a profile: the directory of the gateway in the repository.'),
    deploymentMode: z.string().min(1).optional().describe('Whose overlay lies on core, with servicePath.'),
    excludePatterns: z
      .array(z.string().min(1))
      .max(100)
      .default([])
      .describe('Paths that this gateway does not get, besides those of its object and profile.'),
    redundantPair: z
      .string()
      .min(1)
      .max(253)
      .optional()
      .describe(
        'A name that this gateway shares with the other node of its redundant pair. Not needed for ordinals 0 and 1 of a StatefulSet: their gateways say it.',
      ),
    pod: z
      .object({
        name: z.string().min(1),
        labels: z.record(z.string(), z.string()).default({}),
        annotations: z.record(z.string(), z.string()).default({}).describe('Our own annotations of the pod.'),
      })
      .optional()
      .describe('The pod that was discovered; absent for a gateway outside Kubernetes.'),
  }),
  {
    rule: '!(has(self.profileRef) && has(self.servicePath))',
    fieldPath: '.servicePath',
    message: 'has no effect beside profileRef, whose mappings count: give one of the two.',
  },
);
export type IgnitionGatewaySpec = z.infer<typeof IgnitionGatewaySpec>;

const SyncRecord = z.object({
  commit: z.string(),
  ref: z.string(),
  phase: z.string(),
  message: z.string(),
  at: z.string(),
  manifest: z.string().optional(),
});

export const IgnitionGatewayStatus = z.object({
  phase: z
    .string()
    .optional()
    .describe(
      'What the gateway is at: Synced, Behind (it runs an earlier commit than the one that is wanted, and nothing has begun on it), Pending, Staging, Staged, Applying, Scanning, Restarting, Waiting, Restoring, Restored, Failed or Unreachable.',
    ),
  waitingFor: z.string().optional().describe('What it waits for, and who can end that.'),
  since: z.string().optional().describe('When the phase began.'),
  desired: z.string().optional().describe('The revision that is wanted or being rolled out, ref@sha1:commit.'),
  revision: z.string().optional().describe('The revision that is live, ref@sha1:commit.'),
  shortRevision: z.string().optional().describe('The same in few characters, for `kubectl get`.'),
  live: z.string().optional().describe('Digest of the manifest that is live on the volume; none before the first apply.'),
  confirmed: z
    .object({ manifest: z.string(), outcome: z.string(), at: z.string() })
    .optional()
    .describe('What the gateway has proved to run.'),
  restartPending: z.array(z.string()).max(20).optional().describe('What of our changes the gateway runs only after a restart.'),
  reason: z.string().optional().describe('Why it is not as wanted: a section of docs/troubleshooting.md.'),
  message: z.string().optional().describe('The same, or what the last sync did, in words.'),
  redundancy: z
    .object({
      role: z.string().optional(),
      activityLevel: z.string().optional(),
      projectState: z.string().optional(),
      summary: z.string().describe('Role, activity and, on a standby, its state, for `kubectl get`; empty without a peer.'),
      since: z.string().describe('When it began to say so.'),
    })
    .optional()
    .describe('What the gateway last said of its redundant pair.'),
  agent: z
    .object({ version: z.string(), protocol: z.int(), lastHello: z.string(), podUid: z.string() })
    .optional()
    .describe('The agent that said hello last.'),
  history: z.array(SyncRecord).max(10).optional().describe('The last 10 syncs, newest first.'),
  conditions: Conditions.optional(),
});
export type IgnitionGatewayStatus = z.infer<typeof IgnitionGatewayStatus>;
