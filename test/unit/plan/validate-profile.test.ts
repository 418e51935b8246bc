import { SyncProfileSpec } from '../../../src/api/v1alpha1/sync-profile.ts';
import { validateProfile } from '../../../src/domain/plan/validate-profile.ts';

const validate = (spec: Record<string, unknown>): string[] =>
  validateProfile(SyncProfileSpec.parse({ mappings: [{ source: 'a', destination: 'projects' }], ...spec })).map(
    ({ reason, message }) => `${reason}: ${message}`,
  );
const onto = (destination: string, rest: Record<string, unknown> = {}): Record<string, unknown> => ({
  mappings: [{ source: 'a', destination, ...rest }],
});

test.each([
  ['.', {}],
  ['projects/', {}],
  ['config', {}],
  ['config/resources/production', {}],
  ['factory-config.json', { type: 'file' }],
  ['factory-config.json', {}],
  ['projects/{{ GatewayName }}', {}],
  ['config/resources/{{ Labels.mode }}', {}],
  ['{{ Annotations.where }}', {}],
  ['projects/site', { mirror: true }],
  ['projects', { mirror: false }],
  ['{{ Annotations.where }}', { mirror: true }],
])('the destination %s is fine', (destination, rest) => {
  expect(validate(onto(destination, rest))).toEqual([]);
});

test.each([
  { name: 'a forbidden destination', spec: onto('db/x'), says: /^PathNotAllowed: spec\.mappings\[0\]\.destination "db\/x" lies in db/ },
  ...['user-lib/modules', './User-Lib//modules/a.modl', 'modules.json', 'x.MODL'].map((place) => ({
    name: `modules onto ${place}`,
    spec: onto(place),
    says: /^PathNotAllowed: spec\.mappings\[0\]\.destination ".+" is a place of modules: modules belong to the image of the gateway, not to a sync/,
  })),
  ...['image/user-lib/modules', 'modules.json', 'a/b.modl'].map((source) => ({
    name: `modules from ${source}`,
    spec: { mappings: [{ source, destination: 'projects' }] },
    says: /^PathNotAllowed: spec\.mappings\[0\]\.source ".+" holds modules: modules belong to the image of the gateway, not to a sync/,
  })),
  {
    name: 'a window for restarts in a place that is none',
    spec: { restart: { windows: [{ start: '02:00', duration: '1h', timeZone: 'Europe/Berln' }] } },
    says: /^InvalidProfile: spec\.restart\.windows\[0\]\.timeZone "Europe\/Berln" is no time zone/,
  },
  {
    name: 'a window of more than a day',
    spec: { restart: { windows: [{ start: '02:00', duration: '25h', timeZone: 'UTC' }] } },
    says: /^InvalidProfile: spec\.restart\.windows\[0\]\.duration "25h" must be from 1m to 24h/,
  },
  { name: 'a directory at the data root', spec: onto('docs', { type: 'directory' }), says: /^PathNotAllowed/ },
  { name: 'the old place of tags', spec: onto('config/tags/default'), says: /tag-type-definition\/default/ },
  { name: 'a forbidden place with a variable behind it', spec: onto('config/resources/local/{{ GatewayName }}'), says: /^PathNotAllowed/ },
  { name: 'a forbidden place given by a var', spec: { ...onto('{{ Vars.d }}'), vars: { d: 'var' } }, says: /^PathNotAllowed/ },
  {
    name: 'an unknown variable',
    spec: onto('projects/{{ Gateway }}'),
    says: /^TemplateFailed: .*\{\{ Gateway \}\} is not known\. Known: GatewayName/,
  },
  {
    name: 'a patch whose glob is not one',
    spec: { patches: [{ files: '/config/x.json', set: [{ path: '/a', value: 1 }] }] },
    says: /^InvalidPattern: spec\.patches\[0\]\.files "\/config\/x\.json" starts with a slash/,
  },
  {
    name: 'an unknown variable deep in the value of a patch',
    spec: { patches: [{ files: '*.json', set: [{ path: '/a', value: { b: ['{{ Vars.x }}'] } }] }] },
    says: /^TemplateFailed: spec\.patches\[0\]\.set\[0\]\.value .*\{\{ Vars\.x \}\} is not known/,
  },
  {
    name: 'an unknown variable in the system name',
    spec: { normalize: { systemName: '{{ Ordinal }}' } },
    says: /^TemplateFailed: spec\.normalize\.systemName .*PodOrdinal/,
  },
  {
    name: 'a path of a field with a lone tilde',
    spec: { normalize: { fields: [{ path: '/a~b', value: 1 }] } },
    says: /^PatchFailed: spec\.normalize\.fields\[0\]\.path "\/a~b" has a ~/,
  },
  { name: 'a var that is not declared', spec: { ...onto('projects/{{ Vars.a }}'), vars: { b: '1' } }, says: /^TemplateFailed: .*Vars\.b/ },
  { name: 'an empty var', spec: { ...onto('projects/{{ Vars.a }}'), vars: { a: '' } }, says: /^TemplateFailed: .*is empty/ },
  {
    name: 'a source that climbs out',
    spec: { mappings: [{ source: '../a', destination: 'projects' }] },
    says: /^PathNotAllowed: spec\.mappings\[0\]\.source/,
  },
  {
    name: 'an overlay that climbs out',
    spec: { deploymentMode: { name: 'm', source: '../a' } },
    says: /^PathNotAllowed: spec\.deploymentMode\.source/,
  },
  {
    name: 'a mirror above what is the gateway’s own',
    spec: onto('config/resources/core', { mirror: true }),
    says: /^PathNotAllowed: spec\.mappings\[0\]\.destination "config\/resources\/core" holds what belongs to the gateway itself/,
  },
  {
    name: 'a malformed pattern',
    spec: { excludePatterns: ['ok', '[a'] },
    says: /^InvalidPattern: spec\.excludePatterns\[1\] "\[a" has an unclosed/,
  },
])('$name is found without a commit', ({ spec, says }) => {
  expect(validate(spec)).toEqual([expect.stringMatching(says)]);
});

test('every fault is listed, not the first only', () => {
  expect(
    validate({
      mappings: [
        { source: '/a', destination: 'db' },
        { source: 'a', destination: 'var' },
      ],
      excludePatterns: ['!x'],
    }),
  ).toHaveLength(4);
});
