import { z } from 'zod';
import { Conditions } from './conditions.ts';
import { Restart } from './restart.ts';
import { DESTINATION_RULES, NO_MODULES_FROM, place, relativePaths } from './places.ts';
import { Duration, LocalChanges, NotYet, refuseField, textOf, withRules } from './schema.ts';

const Mapping = withRules(
  z.object({
    source: place('Path in the repository; "." is all of it.'),
    destination: place('Path below the data directory of the gateway; "." is all that may be synced.'),
    type: z.enum(['file', 'directory']).optional().describe('What the source must be; inferred when left out.'),
    required: z.boolean().default(true).describe('false: skipped with a note when the commit does not have the source.'),
    mirror: z
      .boolean()
      .optional()
      .describe(
        'true: files inside the destination that no mapping brings are deleted, whoever put them there. Protected and excluded ones stay.',
      ),
    template: z
      .boolean()
      .default(false)
      .describe(
        'Replace {{ Name }} in the text files of this mapping, too. Binary files stay as they are; \\{{ stands for the braces themselves.',
      ),
  }),
  ...relativePaths('destination', 'source'),
  ...DESTINATION_RULES,
  NO_MODULES_FROM,
  {
    rule: "!has(self.mirror) || !self.mirror || !self.destination.matches('^[./]*(|projects|config(/+resources(/+(?i:core))?)?)[./]*$')",
    fieldPath: '.mirror',
    message:
      'the destination holds what belongs to the gateway itself, so it cannot be the image of a folder of the repository. Name a folder below it, such as projects/<name>.',
  },
  {
    rule: "!has(self.mirror) || !self.mirror || !has(self.type) || self.type != 'file'",
    fieldPath: '.mirror',
    message: 'only a directory can be mirrored: leave mirror out, or correct type.',
  },
);

const DeploymentMode = withRules(
  z.object({
    name: z.string().min(1).max(253).describe('The deployment mode the gateway runs with.'),
    source: z.string().min(1).max(1024).describe('Overlay in the repository, laid on top of core.'),
    required: z.boolean().default(true),
    into: z
      .enum(['core', 'collection'])
      .default('core')
      .describe('core: on top of core, whose config-mode.json stays. collection: as the collection of the mode, config/resources/<name>.'),
  }),
  {
    rule: "self.into == 'core' || (self.name.matches('^[A-Za-z0-9_][A-Za-z0-9_.-]*$') && !self.name.matches('^(?i:core|external|local|system)$'))",
    fieldPath: '.name',
    message:
      'with into: collection the name is the folder of a collection of its own: letters, digits, "_", "-" and ".", and not core, external, local or system.',
  },
);

/** A JSON value of any type, so that "1234" stays a string. */
const AnyJson = z.unknown().meta({ 'x-kubernetes-preserve-unknown-fields': true, nullable: true });

const SetValue = z.object({
  path: textOf(/^\/.+$/, 'a JSON Pointer such as /settings/connectURL', 1024).describe('Where in the file: a JSON Pointer.'),
  value: AnyJson.describe('The new value, with its type. In a text {{ Name }} is replaced.'),
});

const Patch = z.object({
  files: z
    .string()
    .min(1)
    .max(1024)
    .describe('Glob on the composed path, such as config/resources/core/**/database-connection/*/config.json.'),
  set: z.array(SetValue).min(1).max(100).describe('In order. Bytes that are not addressed stay.'),
  required: z.boolean().default(true).describe('false: skipped with a note when no file matches.'),
});

const Normalize = z.object({
  systemName: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe('systemName of each gateway, with templates, such as {{ GatewayName }}. Without it ignition/system-properties is left out.'),
  everyConfig: z.boolean().default(false).describe('true: in every config.json that has the key, not only in ignition/system-properties.'),
  fields: z.array(SetValue).max(100).default([]).describe('Further values of the same files, set where the file has the key.'),
});

/** Also that of gateways without a profile. */
export const DEFAULT_DESIGNER_POLICY = 'wait';
export const DEFAULT_SESSION_WAIT = '1h';

/** What becomes of a redundant pair whose backup is active. */
const RedundancyPolicy = z.enum(['hold', 'proceed']);
export type RedundancyPolicy = z.infer<typeof RedundancyPolicy>;

/** `spec` of a SyncProfile: which repository paths go where on one kind of gateway. */
export const SyncProfileSpec = withRules(
  z.object({
    mappings: z.array(Mapping).min(1).max(100).describe('In order; where two bring the same file the later one wins.'),
    deploymentMode: DeploymentMode.optional().describe('The deployment mode of these gateways, and where its resources come from.'),
    excludePatterns: z.array(z.string().min(1)).max(100).default([]).describe('Globs on the composed path.'),
    vars: z.record(z.string(), z.string()).default({}).describe('Values for {{ Vars.name }} in paths, texts and patches.'),
    patches: z.array(Patch).max(100).default([]).describe('Values set in JSON files, after all mappings.'),
    normalize: Normalize.optional().describe('What makes files that all gateways share unique for each.'),
    localChanges: LocalChanges.optional().describe(
      'As spec.localChanges of the IgnitionSync, for the gateways of this profile; it counts more.',
    ),
    designerSessionPolicy: z
      .enum(['wait', 'proceed', 'fail'])
      .default(DEFAULT_DESIGNER_POLICY)
      .describe(
        'When somebody has a project open in a Designer that changes: wait until it is closed (at most `sessionWait`), proceed, or fail. A list of Designers that cannot be read counts as somebody there.',
      ),
    perspectiveSessionPolicy: z
      .enum(['wait', 'proceed', 'fail'])
      .default('proceed')
      .describe(
        'The same for people who have such a project open in Perspective. proceed: status says how many sessions of which project were open.',
      ),
    sessionWait: Duration.default(DEFAULT_SESSION_WAIT).describe(
      'How long a gateway waits for people to close what they have open; then it has failed and the rollout holds.',
    ),
    restart: Restart.optional().describe(
      'When a gateway may be restarted that runs a change only after it. Left out: never; status says what waits for a restart.',
    ),
    redundancyPolicy: RedundancyPolicy.default('hold').describe(
      'When the backup of a redundant pair is active, after a failover. hold: nothing is written to the pair, a person decides. proceed: the active node is written, then the other if the pair has not brought the commit there.',
    ),
    dependsOn: NotYet.list,
    paused: NotYet.flag,
    dryRun: NotYet.flag,
  }),
  refuseField('dependsOn', 'Split the object and sync one after the other.'),
  refuseField('paused', 'Set spec.paused on the IgnitionSync.'),
  refuseField('dryRun', 'Set spec.approval.required on the IgnitionSync and read the plan before approving.'),
);
export type SyncProfileSpec = z.infer<typeof SyncProfileSpec>;

export const SyncProfileStatus = z.object({
  observedGeneration: z.int().optional().describe('The generation of the object that this status is about.'),
  conditions: Conditions.optional(),
});
export type SyncProfileStatus = z.infer<typeof SyncProfileStatus>;
