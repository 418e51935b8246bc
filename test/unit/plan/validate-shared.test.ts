import { createReadDesired } from '../../../src/activities/control/read-desired.ts';
import { Shared } from '../../../src/api/v1alpha1/shared.ts';
import { validateShared } from '../../../src/domain/plan/validate-shared.ts';
import { MemoryObjects } from '../../support/memory-objects.ts';

const shared = (given: object): Shared => Shared.parse(given);

test.each<{ name: string; given: object; says: string }>([
  {
    name: 'a variable that nobody knows, in a source',
    given: { externalResources: { source: 'external/{{ Gateway }}' } },
    says: 'TemplateFailed: spec.shared.externalResources.source "external/{{ Gateway }}": {{ Gateway }} is not known. Known: GatewayName, ',
  },
  {
    name: 'a variable that no profile gives a value to',
    given: { scripts: [{ source: 'scripts', destination: 'ignition/script-python/{{ Vars.line }}' }] },
    says: 'TemplateFailed: spec.shared.scripts[0].destination "ignition/script-python/{{ Vars.line }}": {{ Vars.line }} is not known.',
  },
  {
    name: 'an unknown project',
    given: { scripts: [{ source: 's', destination: 'x', projects: ['p', '{{ Project }}'] }] },
    says: 'TemplateFailed: spec.shared.scripts[0].projects[1] "{{ Project }}": {{ Project }} is not known.',
  },
  {
    name: 'an unknown tag provider',
    given: { udts: [{ source: 'udts', tagProvider: '{{ Provider }}' }] },
    says: 'TemplateFailed: spec.shared.udts[0].tagProvider "{{ Provider }}": {{ Provider }} is not known.',
  },
  {
    name: 'a file in the place of the gateway itself, whatever stands before it in the list',
    given: {
      additionalFiles: [
        { source: 'a', destination: 'a.json' },
        { source: 'b', destination: 'db/config.idb' },
      ],
    },
    says: 'PathNotAllowed: spec.shared.additionalFiles[1].destination "db/config.idb" ',
  },
  {
    name: 'a way out of the data directory, behind a variable',
    given: { additionalFiles: [{ source: 'a', destination: '{{ GatewayName }}/../../x' }] },
    says: 'PathNotAllowed: spec.shared.additionalFiles[0].destination "{{ GatewayName }}/../../x" contains "..": ',
  },
])('refused before any commit is looked at: $name', ({ given, says }) => {
  const [fault] = validateShared(shared(given), ['area']);
  expect(`${fault?.reason}: ${fault?.message}`).toContain(says);
});

test('what a gateway or a profile knows is taken', () => {
  const given = {
    externalResources: { source: 'external/{{ Labels.area }}' },
    scripts: [{ source: 's/{{ Vars.area }}', destination: 'ignition/script-python/{{ GatewayName }}', projects: ['{{ Annotations.x }}'] }],
    udts: [{ source: 'udts/{{ CRName }}', tagProvider: '{{ Vars.area }}' }],
    additionalFiles: [{ source: 'a', destination: 'config/resources/core/{{ PodOrdinal }}/a.json' }],
  };
  expect(validateShared(shared(given), ['area'])).toEqual([]);
});

test('the object is refused by name, field and fix when it is read, so nothing is fetched for it', async () => {
  const objects = new MemoryObjects();
  const git = { repo: 'https://git.example/plant.git', ref: 'main' };
  objects.putSync('plant', {
    git,
    gateway: { apiKeySecretRef: { name: 'api', key: 'apiKey' } },
    shared: { udts: [{ source: 'udts/{{ Area }}' }] },
  });
  objects.putGateway('plant', 'a');
  const read = createReadDesired(objects, { putDocument: () => Promise.resolve('digest') });
  await expect(read({ namespace: 'test', name: 'plant' })).rejects.toMatchObject({
    reason: 'TemplateFailed',
    message: expect.stringMatching(
      /^IgnitionSync test\/plant: spec\.shared\.udts\[0\]\.source "udts\/\{\{ Area \}\}": \{\{ Area \}\} is not known\. Known: GatewayName/,
    ) as string,
  });
});
