import { stringify } from 'yaml';
import { customResourceDefinition } from '../src/api/v1alpha1/crd.ts';
import { GROUP, type Kind } from '../src/api/v1alpha1/kinds.ts';

export function crdFileName(kind: Kind): string {
  return `${GROUP}_${kind.plural}.yaml`;
}

/** The CRD as the chart carries it; the same text on every machine. */
export function crdFileText(kind: Kind): string {
  return `# Written by charts/write-crds.ts from src/api: change the schema there and run it again.\n${stringify(customResourceDefinition(kind), { lineWidth: 0, aliasDuplicateObjects: false })}`;
}
