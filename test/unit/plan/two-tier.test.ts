import { origins, plan, refusal, type Case } from './support/plan.ts';

const CORE = 'config/resources/core';

test.each<Case & { name: string; lands: Record<string, string> }>([
  {
    name: 'the whole repository is one gateway',
    tree: ['projects/p/a', `${CORE}/a`, 'config/resources/external/e', 'config/resources/prd/x', 'README.md'],
    gateway: { servicePath: '.' },
    lands: { 'projects/p/a': 'projects/p/a', [`${CORE}/a`]: `${CORE}/a`, 'config/resources/external/e': 'config/resources/external/e' },
  },
  {
    name: 'one folder of the repository is the gateway',
    tree: ['services/site/projects/p/a', `services/site/${CORE}/a`, 'services/area/projects/p/a'],
    gateway: { servicePath: './services/site/' },
    lands: { 'projects/p/a': 'services/site/projects/p/a', [`${CORE}/a`]: `services/site/${CORE}/a` },
  },
  {
    name: 'the overlay of the deployment mode lies on core',
    tree: [`s/${CORE}/config-mode.json`, `s/${CORE}/a`, 's/overlays/prd/a', 's/overlays/prd/config-mode.json', 's/overlays/dev/a'],
    gateway: { servicePath: 's', deploymentMode: 'prd' },
    lands: { [`${CORE}/a`]: 's/overlays/prd/a', [`${CORE}/config-mode.json`]: `s/${CORE}/config-mode.json` },
  },
  {
    name: 'without an overlays folder the mode of the same name is the overlay',
    tree: [`s/${CORE}/a`, 's/config/resources/prd/a'],
    gateway: { servicePath: 's', deploymentMode: 'prd' },
    lands: { [`${CORE}/a`]: 's/config/resources/prd/a' },
  },
  {
    name: 'the overlays folder comes before the mode of the same name',
    tree: [`s/${CORE}/a`, 's/config/resources/prd/a', 's/overlays/prd/a'],
    gateway: { servicePath: 's', deploymentMode: 'prd' },
    lands: { [`${CORE}/a`]: 's/overlays/prd/a' },
  },
  {
    name: 'the service path is a template',
    tree: ['services/gw/projects/p/a'],
    gateway: { servicePath: 'services/{{GatewayName}}' },
    lands: { 'projects/p/a': 'services/gw/projects/p/a' },
  },
])('$name', ({ lands, ...given }) => {
  expect(origins(plan(given))).toEqual(lands);
});

test.each<Case & { name: string; says: RegExp }>([
  {
    name: 'a folder without anything to sync',
    tree: ['services/site/projects/p/a'],
    gateway: { servicePath: 'services/sight' },
    says: /^SourceNotFound: service path .* "services\/sight": the commit has neither projects nor config\/resources\/core below it\. services has/,
  },
  {
    name: 'a mode without an overlay',
    tree: ['s/projects/p/a'],
    gateway: { servicePath: 's', deploymentMode: 'prd' },
    says: /^SourceNotFound: deployment mode prd.*s\/overlays\/prd or s\/config\/resources\/prd/,
  },
  {
    name: 'a mode that is a path',
    tree: ['s/projects/p/a'],
    gateway: { servicePath: 's', deploymentMode: '../x' },
    says: /^InvalidProfile: deployment mode/,
  },
  {
    name: 'a mode that would lay host identity on core',
    tree: ['s/config/resources/local/x'],
    gateway: { servicePath: 's', deploymentMode: 'Local' },
    says: /^InvalidProfile: deployment mode "Local"/,
  },
  { name: 'a path that climbs out', tree: ['s/projects/p/a'], gateway: { servicePath: '../s' }, says: /^PathNotAllowed: service path/ },
])('refused: $name', ({ says, ...given }) => {
  expect(refusal(() => plan(given))).toMatch(says);
});

test('a deployment mode beside a profile that chooses another overlay is warned of', () => {
  const planned = plan({
    tree: ['projects/a', 'o/b'],
    profile: { deploymentMode: { name: 'prd', source: 'o' } },
    gateway: { deploymentMode: 'dev' },
  });
  expect(planned.warnings).toEqual([expect.stringMatching(/^deployment mode dev of the gateway has no effect.*deploymentMode is prd/)]);
});
