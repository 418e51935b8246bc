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

/** What a destination below the data directory may not be. */
export const DESTINATION_RULES: readonly CelRule[] = [
  MOVED_TAGS,
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
