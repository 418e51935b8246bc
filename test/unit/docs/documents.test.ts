import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { z } from 'zod';
import { KINDS, type KindName } from '../../../src/api/v1alpha1/kinds.ts';
import { ANNOTATION_PREFIX, NOT_YET_ANNOTATIONS, POD_ANNOTATIONS } from '../../../src/api/v1alpha1/pod-annotations.ts';
import { type StructuralSchema, structuralSchema } from '../../../src/api/v1alpha1/structural.ts';
import { ENVIRONMENTS } from '../../../src/config/environment.ts';
import { anchors, documents, fences, tableRows } from './markdown.ts';

interface Example {
  readonly kind?: KindName;
  readonly spec?: unknown;
  readonly podAnnotations?: Readonly<Record<string, string>>;
}

const EXAMPLES = documents().flatMap((file) =>
  fences(file)
    .filter(({ language }) => language === 'yaml')
    .flatMap(({ text }) => parseAllDocuments(text).map((document) => ({ file, text, document }))),
);

test('the smallest object of the README has about 12 lines, and its defaults are those of the documents', () => {
  const [first] = fences('README.md').filter(({ language, text }) => language === 'yaml' && text.includes('kind: IgnitionSync'));
  expect(first!.text.trimEnd().split('\n').length).toBeLessThanOrEqual(13);
  expect(KINDS.IgnitionSync.spec.parse((parseAllDocuments(first!.text)[0]!.toJS() as Example).spec)).toMatchObject({
    polling: { interval: '60s' },
    gateway: { port: 8043, tls: true },
    rollout: { canary: 1, waveSize: 25 },
    approval: { required: false, timeout: '24h' },
  });
});

test.each(EXAMPLES.map(({ file, text, document }) => ({ name: `${file}: ${text.trim().split('\n').slice(0, 4).join(' ')}`, document })))(
  'an example that a reader copies is valid: $name',
  ({ document }) => {
    expect(document.errors).toEqual([]);
    const example = document.toJS() as Example;
    const schema = example.kind === undefined ? undefined : (KINDS as Partial<typeof KINDS>)[example.kind]?.spec;
    if (schema) expect(schema.safeParse(example.spec)).toMatchObject({ success: true });
    const known: readonly string[] = Object.values(POD_ANNOTATIONS);
    expect(Object.keys(example.podAnnotations ?? {}).filter((annotation) => !known.includes(annotation))).toEqual([]);
  },
);

test('the table of the environment has every variable, who reads it and its default', () => {
  const wanted = Object.entries(ENVIRONMENTS).flatMap(([process_, schema]) =>
    Object.entries<z.ZodType>(schema.shape).map(([variable, field]) => {
      const unset = field.safeParse(undefined);
      return `${process_}: ${variable} ${unset.success ? (unset.data === undefined ? '' : `\`${String(unset.data as string | number | boolean)}\``) : 'must be set'}`.trim();
    }),
  );
  const said = tableRows('README.md', 'Variable').flatMap(([variable = '', readBy = '', byDefault = '']) =>
    (readBy === 'all' ? Object.keys(ENVIRONMENTS) : readBy.split(', ')).map((process_) =>
      `${process_}: ${variable.replaceAll('`', '')} ${byDefault}`.trim(),
    ),
  );
  expect(said.sort()).toEqual(wanted.sort());
});

test('the README lists every field and annotation that is known and not built yet', () => {
  const [, section = ''] = readFileSync('README.md', 'utf8').split('## What is not built yet');
  const fields = (['IgnitionSync', 'SyncProfile'] as const).flatMap((kind) => notBuiltYet(structuralSchema(KINDS[kind].spec), ''));
  expect(fields.length).toBeGreaterThan(5);
  const annotations = Object.keys(NOT_YET_ANNOTATIONS).map((annotation) => annotation.replace(`${ANNOTATION_PREFIX}/`, ''));
  expect([...fields, ...annotations].filter((name) => !section.includes(`\`${name}`))).toEqual([]);
});

/** Paths of the fields that a schema refuses because their feature is not there. */
function notBuiltYet(schema: StructuralSchema, at: string): string[] {
  const rules = (schema['x-kubernetes-validations'] ?? []) as readonly { readonly message: string; readonly fieldPath?: string }[];
  const here = rules.filter(({ message }) => message.includes('not built yet')).map(({ fieldPath = '' }) => `${at}${fieldPath}`);
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, child]) => notBuiltYet(child, `${at}.${name}`));
  const inside = schema.items ? notBuiltYet(schema.items, `${at}[]`) : [];
  return [...here, ...below, ...inside].map((path) => path.replace(/^\./, ''));
}

test.each(documents())('links of %s lead somewhere', (file) => {
  const links = [...readFileSync(file, 'utf8').matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  const broken = links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? file : normalize(join(dirname(file), path));
    return !existsSync(target) || (anchor !== undefined && !anchors(target).includes(anchor));
  });
  expect(broken).toEqual([]);
});
