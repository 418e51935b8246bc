import { z } from 'zod';

/** A node of a Kubernetes structural schema. */
export interface StructuralSchema {
  readonly [key: string]: unknown;
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly items?: StructuralSchema;
  readonly additionalProperties?: StructuralSchema;
}

/** Keywords that zod writes and the apiserver refuses or does not need. */
const DROPPED = new Set(['$schema', 'propertyNames', 'additionalProperties', 'const']);

/** JSON's own integer range, which zod writes for every integer. */
const UNBOUNDED = new Set([Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]);

/** A zod schema as the structural schema that a CRD carries: what a user may write, defaults and CEL rules included. */
export function structuralSchema(schema: z.ZodType): StructuralSchema {
  return structural(z.toJSONSchema(schema, { io: 'input' }) as StructuralSchema);
}

function structural(node: StructuralSchema): StructuralSchema {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(node)) {
    if (DROPPED.has(key) || (typeof value === 'number' && UNBOUNDED.has(value))) continue;
    out[key] = value;
  }
  if ('const' in node) out['enum'] = [node['const']];
  if (node['type'] === 'integer') out['format'] = 'int64';
  // The rule says the same as the pattern, in words.
  if ('x-kubernetes-validations' in node) delete out['pattern'];
  if (node.properties && Object.keys(node.properties).length === 0) delete out['properties'];
  else if (node.properties)
    out['properties'] = Object.fromEntries(Object.entries(node.properties).map(([name, child]) => [name, structural(child)]));
  if (node.items) out['items'] = structural(node.items);
  if (typeof node.additionalProperties === 'object') out['additionalProperties'] = structural(node.additionalProperties);
  return out;
}
