import type { Kind } from '../src/api/v1alpha1/kinds.ts';
import { structuralSchema } from '../src/api/v1alpha1/structural.ts';
import { fieldTable, withFieldTable } from './field-table.ts';

/** The page of a kind in docs/spec. */
export function specPage(kind: Kind): URL {
  const name = kind.kind.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
  return new URL(`../docs/spec/${name}.md`, import.meta.url);
}

/** The page with its tables of fields as the schema has them now. */
export function specPageText(kind: Kind, page: string): string {
  const spec = fieldTable(structuralSchema(kind.spec), 'spec');
  const status = fieldTable(structuralSchema(kind.status), 'status');
  return withFieldTable(page, `### Spec\n\n${spec}\n\n### Status\n\n${status}`);
}
