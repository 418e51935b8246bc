import { GROUP, VERSION, type Column, type Kind } from './kinds.ts';
import { structuralSchema } from './structural.ts';

function printerColumn(column: Column): object {
  return { name: column.name, type: column.type ?? 'string', jsonPath: column.jsonPath, ...(column.wide ? { priority: 1 } : {}) };
}

/** The CustomResourceDefinition of one kind, as it is applied to a cluster. */
export function customResourceDefinition(kind: Kind): object {
  const { plural, singular, shortNames } = kind;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: { kind: kind.kind, listKind: `${kind.kind}List`, plural, singular, shortNames: [...shortNames], categories: ['ignition'] },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: kind.columns.map(printerColumn),
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description: kind.description,
              required: ['spec'],
              properties: {
                spec: { description: 'What is wanted.', ...structuralSchema(kind.spec) },
                status: {
                  description: 'What was found and done; written by ignition-sync, never by people.',
                  ...structuralSchema(kind.status),
                },
              },
            },
          },
        },
      ],
    },
  };
}
