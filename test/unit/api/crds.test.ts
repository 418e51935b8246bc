import { readFileSync, readdirSync } from 'node:fs';
import { crdFileName, crdFileText } from '../../../charts/crd-file.ts';
import { specPage, specPageText } from '../../../charts/spec-page.ts';
import { customResourceDefinition } from '../../../src/api/v1alpha1/crd.ts';
import { KINDS } from '../../../src/api/v1alpha1/kinds.ts';

const FOLDER = 'charts/ignition-sync/crds';

test.each(Object.values(KINDS))('the CRD file of $kind is what the code says (else: npm run crds)', (kind) => {
  expect(readFileSync(`${FOLDER}/${crdFileName(kind)}`, 'utf8')).toBe(crdFileText(kind));
});

test('there is a CRD file for each kind and no other', () => {
  expect(readdirSync(FOLDER).sort()).toEqual(Object.values(KINDS).map(crdFileName).sort());
});

test.each(Object.values(KINDS))('the tables of fields in the page of $kind are what the code says (else: npm run crds)', (kind) => {
  const page = readFileSync(specPage(kind), 'utf8');
  expect(specPageText(kind, page)).toBe(page);
});

interface Explained {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Explained>>;
}

test.each(Object.values(KINDS))('kubectl explain has words for spec and status of $kind and for each of their fields', (kind) => {
  const crd = customResourceDefinition(kind) as { spec: { versions: [{ schema: { openAPIV3Schema: Explained } }] } };
  const { spec, status } = crd.spec.versions[0].schema.openAPIV3Schema.properties as Record<'spec' | 'status', Explained>;
  const fields = [['spec', spec] as const, ['status', status] as const].flatMap(([name, of]) => [
    [name, of] as const,
    ...Object.entries(of.properties ?? {}).map(([field, child]) => [`${name}.${field}`, child] as const),
  ]);
  expect(fields.filter(([, { description }]) => !description).map(([field]) => field)).toEqual([]);
});
