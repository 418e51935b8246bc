import { z } from 'zod';
import type { CelRule } from './schema.ts';

/** A place in the repository or below the data directory, as users write it. */
export const place = (meaning: string): z.ZodString => z.string().min(1).max(1024).describe(meaning);

/** 8.3 keeps UDT definitions elsewhere than 8.1 did; also checked with templates rendered, in planning. */
const MOVED_TAGS: CelRule = {
  rule: "!self.destination.matches('^[./]*config/+tags(/|$)')",
  fieldPath: '.destination',
  message:
    'Ignition 8.3 has no config/tags. UDT definitions live in config/resources/core/ignition/tag-type-definition/<provider>, tags in config/resources/core/ignition/tag-definition/<provider>.',
};

/** Why no module is ever synced: docs/adr/0007-modules-belong-to-the-image.md. The end of a sentence. */
export const MODULES_ARE_THE_IMAGES =
  'modules belong to the image of the gateway, not to a sync: put the .modl files and modules.json into the image';

const NO_MODULES_IN: CelRule = {
  rule: "!self.destination.matches('^[./]*(?i:user-lib/[./]*modules)(/|$)') && !self.destination.matches('^[./]*(?i:modules[.]json|[^/]+[.]modl)[./]*$')",
  fieldPath: '.destination',
  message: `${MODULES_ARE_THE_IMAGES}.`,
};

/** What a place in the repository may not be. */
export const NO_MODULES_FROM: CelRule = {
  rule: "!self.source.matches('(^|/)(?i:user-lib/[./]*modules)(/|$)') && !self.source.matches('^[./]*(?i:modules[.]json)/*$') && !self.source.matches('(?i:[.]modl)/*$')",
  fieldPath: '.source',
  message: `${MODULES_ARE_THE_IMAGES}.`,
};

/** What a destination below the data directory may not be. */
export const DESTINATION_RULES: readonly CelRule[] = [
  MOVED_TAGS,
  NO_MODULES_IN,
  {
    rule: "!self.destination.matches('(^|/)[.]resources(/|$)') && !self.destination.matches('^[./]*config/+resources/+(?i:local|system)(/|$)') && !self.destination.matches('^[./]*config/+(?:local|ignition)(/|$)') && !self.destination.matches('^[./]*(?:db|metricsdb|var|certificates|jar-cache|[.]ignition-sync)(/|$)')",
    fieldPath: '.destination',
    message:
      'this place belongs to the gateway itself and is never written. Allowed: projects, config/resources/<collection>, single files at the data root.',
  },
];

/** Paths in these fields stay inside the repository and the place that they are below. */
export function relativePaths(...fields: readonly string[]): CelRule[] {
  const every = (rule: (field: string) => string): string => fields.map((field) => rule(`self.${field}`)).join(' && ');
  const names = fields.join(' and ');
  const is = fields.length === 1 ? 'is' : 'are';
  return [
    { rule: every((field) => `!${field}.startsWith('/')`), message: `${names} ${is} relative: leave out the leading slash.` },
    {
      rule: every((field) => `!${field}.split('/').exists(c, c == '..')`),
      message: `${names} must not contain "..": a mapping stays inside the repository and the data directory.`,
    },
    { rule: every((field) => `!${field}.contains('\\\\')`), message: 'use / between path components, not a backslash.' },
  ];
}
