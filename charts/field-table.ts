import type { StructuralSchema } from '../src/api/v1alpha1/structural.ts';

const BEGIN = '<!-- fields: written by npm run crds -->';
const END = '<!-- end of fields -->';

interface Rule {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
}

/** The fields of a schema as a markdown table, one row each, in the order of the schema. */
export function fieldTable(schema: StructuralSchema, root: string): string {
  const rows = fields(schema, root).map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
  return ['| Field | Type | Default | Meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** The page with the table between its markers replaced. */
export function withFieldTable(page: string, table: string): string {
  const [before, rest] = [page.slice(0, page.indexOf(BEGIN)), page.slice(page.indexOf(END))];
  if (!page.includes(BEGIN) || !page.includes(END)) throw new Error(`the page needs the lines ${BEGIN} and ${END}`);
  return `${before}${BEGIN}\n\n${table}\n\n${rest}`;
}

function fields(schema: StructuralSchema, path: string): string[][] {
  const required = (schema['required'] ?? []) as string[];
  const rules = (schema['x-kubernetes-validations'] ?? []) as Rule[];
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const own = `${path}.${name}`;
    const refused = rules.find(({ rule }) => rule === `!has(self.${name})`);
    const meaning = refused ? `*Refused:* ${refused.message}` : meaningOf(child);
    const inner = child.items ?? child;
    const suffix = child.items?.properties ? '[]' : '';
    const row = [`\`${own}\``, typeOf(child), defaultOf(child, required.includes(name)), meaning];
    return [row, ...(refused ? [] : fields(inner, `${own}${suffix}`))];
  });
}

function typeOf(schema: StructuralSchema): string {
  if (Array.isArray(schema['enum'])) return schema['enum'].map((value) => `\`${String(value)}\``).join(', ');
  if (schema.items) return `list of ${typeOf(schema.items)}`;
  if (schema.additionalProperties) return `map of ${typeOf(schema.additionalProperties)}`;
  return typeof schema['type'] === 'string' ? schema['type'] : 'any';
}

function defaultOf(schema: StructuralSchema, required: boolean): string {
  if (required) return '**required**';
  if (!('default' in schema) || (schema.properties && JSON.stringify(schema['default']) === '{}')) return '';
  return `\`${JSON.stringify(schema['default'])}\``;
}

function meaningOf(schema: StructuralSchema): string {
  const rules = (schema['x-kubernetes-validations'] ?? []) as Rule[];
  const said = typeof schema['description'] === 'string' ? [schema['description']] : [];
  const form = rules.filter(({ message }) => message.startsWith('must be')).map(({ message }) => `It ${message.replace(/\.$/, '')}.`);
  const { minimum, maximum } = schema;
  const range = typeof minimum === 'number' && typeof maximum === 'number' ? [`${minimum} to ${maximum}.`] : [];
  return [...said, ...form, ...range].join(' ');
}
