import { z } from 'zod';

/** A rule that the apiserver itself checks, with the sentence that a refused user reads. */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
}

/** Attaches CEL rules to a schema; they end up as `x-kubernetes-validations` in the CRD. */
export function withRules<T extends z.ZodType>(schema: T, ...rules: CelRule[]): T {
  return schema.meta({ ...schema.meta(), 'x-kubernetes-validations': rules });
}

/** A field whose feature is not built yet: known by its name, so that it is refused with words instead of being ignored. */
export const NotYet = z.unknown().optional().meta({ 'x-kubernetes-preserve-unknown-fields': true });

/** The rule that refuses a `NotYet` field, and says what to do meanwhile. */
export function refuseField(field: string, instead: string): CelRule {
  return { rule: `!has(self.${field})`, message: `${field} is not built yet and would be ignored: leave it out. ${instead}` };
}

/** `90s`, `5m`, `24h`, `1h30m`, `500ms`. */
export const Duration = z.string().regex(/^([0-9]+(ms|s|m|h))+$/, 'a duration such as 90s, 5m, 24h or 1h30m');

/** One key of a Secret in the object's own namespace. */
export const SecretKeyRef = z.object({
  name: z.string().min(1).describe('Name of the Secret, in the same namespace.'),
  key: z.string().min(1).describe('Key inside the Secret.'),
});
export type SecretKeyRef = z.infer<typeof SecretKeyRef>;

const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** Milliseconds of a `Duration`. */
export function durationMs(duration: string): number {
  let total = 0;
  for (const [, amount, unit] of duration.matchAll(/([0-9]+)(ms|s|m|h)/g)) total += Number(amount) * UNITS_MS[unit as keyof typeof UNITS_MS];
  return total;
}
