import { z } from 'zod';
import { Conditions } from './conditions.ts';
import { Git } from './git.ts';
import { Duration, LocalChanges, NotYet, SecretKeyRef, Size, refuseField, textOf, withRules } from './schema.ts';
import { Shared } from './shared.ts';

/** The one port of the shared webhook receiver, on the Service of the install. */
export const RECEIVER_PORT = 9443;

export const Approval = withRules(
  z.object({
    required: z.boolean().default(false).describe('A person must approve each plan before any gateway is touched.'),
    timeout: Duration.default('24h').describe('A plan that nobody approved in this time is rejected.'),
    teams: NotYet.names,
    webhook: NotYet.object,
  }),
  refuseField('teams', 'Whoever may signal the workflow may approve.'),
  refuseField('webhook', 'Send the signal approve to the workflow instead.'),
);

const Webhook = withRules(
  z.object({
    enabled: z.boolean().default(true),
    port: z.int().optional().describe('There is one shared receiver: leave this out.'),
    secretRef: SecretKeyRef.describe('HMAC key (X-Hub-Signature-256) or bearer token that senders must show.'),
  }),
  {
    rule: `!has(self.port) || self.port == ${RECEIVER_PORT}`,
    fieldPath: '.port',
    message: `there is one shared receiver for all objects. Leave port out and point the git host at https://<receiver host>:${RECEIVER_PORT}/webhooks/<namespace>/<name> (Service ignition-sync-receiver of the install).`,
  },
);

const Rollout = z.object({
  canary: z.int().min(0).max(100).default(1).describe('Gateways that are changed first, alone. 0 = no canary.'),
  waveSize: z.int().min(1).max(100).default(25).describe('Gateways changed together after the canary.'),
});

/** `spec` of an IgnitionSync: which repository, which ref, how carefully. */
export const IgnitionSyncSpec = withRules(
  z.object({
    git: Git.describe('The repository, the ref, and how to log in.'),
    gateway: z
      .object({
        port: z.int().min(1).max(65535).default(8043).describe('Web port of the gateway, as seen from the agent beside it.'),
        tls: z.boolean().default(true).describe('Whether that port talks https.'),
        apiKeySecretRef: SecretKeyRef.describe(
          'API key of the gateway, name:secret. The control plane never reads it: the pods of the gateways mount it, and do not start without it.',
        ),
      })
      .describe('How the agent reaches its gateway.'),
    polling: z
      .object({ interval: Duration.default('60s') })
      .prefault({})
      .describe('How often the ref is looked up without being asked.'),
    webhook: Webhook.optional().describe('How git hosts that push news of commits prove who they are.'),
    excludePatterns: z
      .array(z.string().min(1))
      .max(100)
      .default([])
      .describe('Globs on the composed path; they add to those of the profile.'),
    shared: Shared.optional().describe('What all its gateways get besides their own: see below for the order.'),
    rollout: Rollout.prefault({}).describe('In which order and how many at a time gateways are changed.'),
    approval: Approval.prefault({}).describe('Whether a person looks at each plan first.'),
    snapshots: z
      .object({
        retain: z.int().min(1).max(50).default(5).describe('Snapshots kept on each gateway.'),
        maxSize: Size.default('1Gi').describe('Older snapshots go when all together hold more than this. The newest always stays.'),
      })
      .prefault({})
      .describe('What each gateway keeps to be put back from.'),
    localChanges: LocalChanges.default('hold').describe(
      'What becomes of a file that somebody changed on a gateway since our last sync, when a commit changes or deletes it. hold: the gateway keeps everything and waits for a person. overwrite: git wins; the snapshot keeps what was there, and status names it.',
    ),
    paused: z.boolean().default(false).describe('No new applies start; gateways keep what they have.'),
    agent: z
      .object({
        image: z
          .object({
            repository: z.string().min(1),
            tag: z.string().optional(),
            digest: textOf(/^sha256:[0-9a-f]{64}$/, 'sha256: and 64 hex digits', 71).optional(),
          })
          .optional()
          .describe('Image of the agent container, as `ignition-sync sidecar` prints it for the gateway chart.'),
        startupGraceSeconds: z
          .int()
          .min(0)
          .max(3_600)
          .default(60)
          .describe(
            'How long a pod that starts keeps its gateway waiting for the wanted commit, when one is on its way. Then the gateway starts with what it has, and the sync follows. 0 = never waits.',
          ),
      })
      .prefault({})
      .describe('The agent beside each gateway.'),
    bidirectional: z
      .object({
        enabled: withRules(z.boolean().describe('Not built yet: only false is taken.'), {
          rule: '!self',
          message: 'bidirectional sync is not built yet: set enabled: false or leave it out.',
        }).default(false),
      })
      .optional()
      .describe('Not built yet.'),
    rateLimit: NotYet.object,
    validation: NotYet.object,
  }),
  refuseField('rateLimit', 'spec.rollout.waveSize bounds how many gateways change at once.'),
  refuseField('validation', 'spec.approval.required lets a person look first.'),
);
export type IgnitionSyncSpec = z.infer<typeof IgnitionSyncSpec>;

const RolloutStatus = z.object({
  number: z.int(),
  id: z.string().describe('Workflow ID of the rollout.'),
  state: z.string(),
  commit: z.string(),
  ref: z.string(),
  contentHash: z.string(),
  planDigest: z.string().optional(),
  approvalRequired: z.boolean().optional(),
  approvedPlan: z.string().optional(),
  approvedBy: z.string().optional(),
  stage: z.string().optional(),
  changed: z.int().optional(),
  notes: z
    .array(z.string())
    .max(6)
    .optional()
    .describe('What the plan left out, and what the author of commit and profiles should look at: the first sentences.'),
  message: z.string(),
  reason: z.string().optional().describe('What a failed rollout failed of.'),
  startedAt: z.string(),
  finishedAt: z.string().optional(),
});

const HistoryEntry = z.object({
  number: z.int(),
  state: z.string(),
  commit: z.string(),
  ref: z.string(),
  message: z.string(),
  startedAt: z.string(),
  finishedAt: z.string(),
});

/** `status` of an IgnitionSync: written by the workflow's activities, never by users. */
export const IgnitionSyncStatus = z.object({
  observedGeneration: z.int().optional().describe('The generation of the object that this status is about.'),
  ref: z.string().optional().describe('The ref that was resolved.'),
  revision: z.string().optional().describe('The resolved revision, ref@sha1:commit.'),
  shortRevision: z.string().optional().describe('The same in few characters, for `kubectl get`.'),
  contentHash: z
    .string()
    .optional()
    .describe(
      'Digest of the wanted specs (object, profiles, gateways): what is synced was made from these when synced.contentHash is the same.',
    ),
  stage: z.string().optional().describe('The stage that the running rollout is at.'),
  waitingFor: z.string().optional().describe('What it waits for, and who can end that.'),
  gateways: z
    .object({
      total: z.int(),
      synced: z.int(),
      failed: z.int(),
      unreachable: z.int(),
      drifted: z.int().optional(),
      restartPending: z.int().optional().describe('How many run what they were given only after a restart.'),
      summary: z.string().describe('synced/total'),
    })
    .optional()
    .describe('How many gateways there are, and how they are.'),
  synced: z
    .object({ commit: z.string(), contentHash: z.string(), at: z.string() })
    .optional()
    .describe('The last commit that was live and loaded on every gateway.'),
  rollout: RolloutStatus.optional().describe('The rollout that runs, or the last one.'),
  tag: z
    .object({ repo: z.string(), name: z.string(), commit: z.string(), previous: z.string().optional() })
    .optional()
    .describe('Where the ref is a tag: what it named when it was last looked up, and what it had named before if it has moved.'),
  frozen: z
    .object({ by: z.string(), reason: z.string(), since: z.string() })
    .optional()
    .describe('The emergency stop, as long as it lasts: no gateway is changed.'),
  lastHandledSyncRequest: z.string().optional().describe('The last sync.ignition.io/requested-sync that was followed.'),
  history: z.array(HistoryEntry).max(10).optional().describe('The last 10 rollouts, newest first.'),
  conditions: Conditions.optional(),
});
export type IgnitionSyncStatus = z.infer<typeof IgnitionSyncStatus>;
