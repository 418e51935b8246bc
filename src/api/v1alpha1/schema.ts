import { z } from 'zod';

/** A rule that the apiserver itself checks, with the sentence that a refused user reads. */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
  /** The field that the refusal names, when it is not the one that carries the rule: `.port`. */
  readonly fieldPath?: string;
}

/** Attaches CEL rules to a schema; they end up as `x-kubernetes-validations` in the CRD. */
export function withRules<T extends z.ZodType>(schema: T, ...rules: CelRule[]): T {
  return schema.meta({ ...schema.meta(), 'x-kubernetes-validations': rules });
}

const NOT_YET = 'Not built yet: refused, so that it is never ignored.';
const AnyObject = z.object({}).meta({ 'x-kubernetes-preserve-unknown-fields': true });

/**
 * Fields whose feature is not built yet: known by their names, so that they are refused with words (`refuseField`) instead of being
 * ignored. A rule sees only typed fields, so each has the shape it will have.
 */
export const NotYet = {
  flag: z.boolean().optional().describe(NOT_YET),
  text: z.string().optional().describe(NOT_YET),
  names: z.array(z.string()).optional().describe(NOT_YET),
  list: z.array(AnyObject).optional().describe(NOT_YET),
  object: AnyObject.optional().describe(NOT_YET),
};

/** The rule that refuses a `NotYet` field, and says what to do meanwhile. */
export function refuseField(field: string, instead: string): CelRule {
  return { rule: `!has(self.${field})`, message: `not built yet and would be ignored: leave it out. ${instead}`, fieldPath: `.${field}` };
}

/**
 * Text of one form. The apiserver says what form is wanted instead of showing a regular expression; `pattern` must mean the same to
 * JavaScript and to RE2.
 */
export function textOf(pattern: RegExp, wanted: string, maxLength: number): z.ZodString {
  const literal = pattern.source.replaceAll('\\/', '/').replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  return withRules(z.string().max(maxLength).regex(pattern, wanted), { rule: `self.matches('${literal}')`, message: `must be ${wanted}` });
}

/** `90s`, `5m`, `24h`, `1h30m`, `500ms`. */
export const Duration = textOf(/^([0-9]+(ms|s|m|h))+$/, 'a duration such as 90s, 5m, 24h or 1h30m', 32);

/** What becomes of files that somebody changed on a gateway since they were written, when a sync would change or delete them. */
export const LocalChanges = z.enum(['hold', 'overwrite']);
export type LocalChanges = z.infer<typeof LocalChanges>;

/** `500Mi`, `2Gi`. */
export const Size = textOf(/^[1-9][0-9]{0,9}(Ki|Mi|Gi|Ti)$/, 'a size such as 500Mi or 2Gi', 16);

/** One key of a Secret in the object's own namespace. */
export const SecretKeyRef = z.object({
  name: z.string().min(1).max(253).describe('Name of the Secret, in the same namespace.'),
  key: z.string().min(1).max(253).describe('Key inside the Secret.'),
});
export type SecretKeyRef = z.infer<typeof SecretKeyRef>;

/** Text that is no secret and may lie in either: exactly one is given. */
export const TextRef = withRules(
  z.object({
    configMapRef: z
      .object({ name: z.string().min(1).max(253), key: z.string().min(1).max(253) })
      .optional()
      .describe('One key of a ConfigMap in the same namespace.'),
    secretRef: SecretKeyRef.optional().describe('One key of a Secret in the same namespace.'),
  }),
  { rule: 'has(self.configMapRef) != has(self.secretRef)', message: 'give exactly one of configMapRef and secretRef.' },
);

const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** Bytes of a `Size`. */
export function sizeBytes(size: string): number {
  return Number.parseInt(size, 10) * 1024 ** (['Ki', 'Mi', 'Gi', 'Ti'].indexOf(size.slice(-2)) + 1);
}

/** Milliseconds of a `Duration`. */
export function durationMs(duration: string): number {
  let total = 0;
  for (const [, amount, unit] of duration.matchAll(/([0-9]+)(ms|s|m|h)/g))
    total += Number(amount) * UNITS_MS[unit as keyof typeof UNITS_MS];
  return total;
}
