import { origins, plan, refusal, CONTEXT } from './support/plan.ts';

const values = {
  name: 'area-1',
  podName: 'area-1-gateway-12',
  labels: { zone: 'north', 'app.kubernetes.io/name': 'ignition', empty: '' },
  annotations: { 'ignition-sync.io/system-name': 'A1' },
};

test.each([
  ['{{GatewayName}}', 'area-1'],
  ['{{ GatewayName }}', 'area-1'],
  ['{{PodName}}', 'area-1-gateway-12'],
  ['{{PodOrdinal}}', '12'],
  ['{{Namespace}}', 'plant'],
  ['{{CRName}}', 'demo'],
  ['{{ProfileName}}', 'p'],
  ['{{Labels.zone}}', 'north'],
  ['{{Labels.app.kubernetes.io/name}}', 'ignition'],
  ['{{Annotations.ignition-sync.io/system-name}}', 'A1'],
  ['{{Vars.line}}', 'line7'],
  ['{{Ref}}', 'main'],
  ['{{Commit}}', CONTEXT.commit],
  ['x-{{Vars.line}}-{{PodOrdinal}}', 'x-line7-12'],
])('%s renders as %s in source and destination', (template, value) => {
  const planned = plan({
    tree: [`areas/${value}/f`],
    mappings: [{ source: `areas/${template}`, destination: `projects/${template}` }],
    profile: { vars: { line: 'line7' } },
    gateway: values,
  });
  expect(origins(planned)).toEqual({ [`projects/${value}/f`]: `areas/${value}/f` });
});

test.each([
  {
    template: '{{ Nope }}',
    says: /^TemplateFailed: SyncProfile p: spec\.mappings\[0\]\.source "areas\/\{\{ Nope \}\}": \{\{ Nope \}\} is not known for this gateway\. Known: .*GatewayName/,
  },
  {
    template: '{{Labels.site}}',
    says: /^TemplateFailed: .*Known under Labels: Labels\.app\.kubernetes\.io\/name, Labels\.empty, Labels\.zone\./,
  },
  { template: '{{Vars.site}}', says: /^TemplateFailed: .*Known under Vars: Vars\.line/ },
  { template: '{{Labels.empty}}', says: /^TemplateFailed: .*is empty for this gateway/ },
  { template: '{{}}', says: /^TemplateFailed/ },
])('$template is refused', ({ template, says }) => {
  const mappings = [{ source: `areas/${template}`, destination: 'projects' }];
  expect(refusal(() => plan({ tree: ['areas/x'], mappings, profile: { vars: { line: 'l' } }, gateway: values }))).toMatch(says);
});

test('a gateway whose pod has no ordinal cannot use it', () => {
  expect(
    refusal(() =>
      plan({ tree: ['a/x'], mappings: [{ source: 'a', destination: 'projects/{{PodOrdinal}}' }], gateway: { podName: 'standalone' } }),
    ),
  ).toMatch(/^TemplateFailed/);
});

test('a value cannot lead out of the places that may be written', () => {
  const mappings = [{ source: 'a', destination: 'projects/{{Labels.x}}' }];
  expect(refusal(() => plan({ tree: ['a/f'], mappings, gateway: { labels: { x: '../db' } } }))).toMatch(
    /^PathNotAllowed: .*"projects\/\.\.\/db"/,
  );
  expect(
    refusal(() => plan({ tree: ['a/f'], mappings: [{ source: 'a', destination: '{{Vars.d}}' }], profile: { vars: { d: 'db' } } })),
  ).toMatch(/^PathNotAllowed: .*"db"/);
});
