import { readFileSync, readdirSync } from 'node:fs';
import { crdFileName, crdFileText } from '../../../charts/crd-file.ts';
import { specPage, specPageText } from '../../../charts/spec-page.ts';
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
