import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { KINDS } from '../src/api/v1alpha1/kinds.ts';
import { crdFileName, crdFileText } from './crd-file.ts';
import { specPage, specPageText } from './spec-page.ts';

const folder = new URL('./ignition-sync/crds/', import.meta.url);

await mkdir(folder, { recursive: true });
for (const kind of Object.values(KINDS)) {
  await writeFile(new URL(crdFileName(kind), folder), crdFileText(kind));
  const page = specPage(kind);
  await writeFile(page, specPageText(kind, await readFile(page, 'utf8')));
}
