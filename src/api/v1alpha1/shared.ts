import { z } from 'zod';
import { DESTINATION_RULES, NO_MODULES_FROM, place, relativePaths } from './places.ts';
import { withRules } from './schema.ts';

const source = place('Path in the repository. Variables such as {{ GatewayName }} are replaced.');
const required = z.boolean().default(true).describe('false: skipped with a note when the commit does not have the source.');

const ExternalResources = withRules(z.object({ source, required }), ...relativePaths('source'), NO_MODULES_FROM);

const Scripts = withRules(
  z.object({
    source,
    destination: place('Path inside each project, such as ignition/script-python/shared.'),
    projects: z
      .array(z.string().min(1).max(255))
      .max(100)
      .optional()
      .describe('Only into these, where the gateway has them. Left out: into each project that the gateway gets.'),
    required,
  }),
  ...relativePaths('source', 'destination'),
  {
    rule: "!self.destination.matches('(^|/)[.]resources(/|$)')",
    fieldPath: '.destination',
    message: 'this place belongs to the gateway itself and is never written.',
  },
);

const Udts = withRules(
  z.object({
    source,
    tagProvider: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .describe('Tag provider that gets them. Left out: that of the annotation ignition-sync.io/tag-provider of each pod, else default.'),
    required,
  }),
  ...relativePaths('source'),
  {
    rule: "!has(self.tagProvider) || !self.tagProvider.matches('[/\\\\\\\\]|^[.]{1,2}$')",
    fieldPath: '.tagProvider',
    message: 'must be the name of a tag provider, such as default, not a path.',
  },
);

const AdditionalFile = withRules(
  z.object({ source, destination: place('Path below the data directory; one that ends in a slash keeps the name of the file.'), required }),
  ...relativePaths('source', 'destination'),
  ...DESTINATION_RULES,
  NO_MODULES_FROM,
);

/** `spec.shared` of an IgnitionSync: what all its gateways have in common. */
export const Shared = z.object({
  externalResources: ExternalResources.optional().describe('A directory for the collection config/resources/external.'),
  scripts: z.array(Scripts).max(20).default([]).describe('Directories for every project of a gateway.'),
  udts: z
    .array(Udts)
    .max(20)
    .default([])
    .describe('Directories of UDT definitions, for config/resources/core/ignition/tag-type-definition/<provider>.'),
  additionalFiles: z.array(AdditionalFile).max(20).default([]).describe('Single files.'),
});
export type Shared = z.infer<typeof Shared>;
