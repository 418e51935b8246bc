import { IgnitionSyncSpec } from '../../../src/api/v1alpha1/ignition-sync.ts';
import { SMALL_PROCESS } from '../../../src/config/small-process.ts';
import { agentImage, sidecarValues } from '../../../src/cli/commands/sidecar.ts';

const minimal = {
  git: { repo: 'https://git.example/plant.git', ref: 'main' },
  gateway: { apiKeySecretRef: { name: 'api', key: 'apiKey' } },
};
const digest = `sha256:${'0'.repeat(64)}`;

test.each([
  { image: { repository: 'git-internal.local:5000/agent', tag: '1.0.0', digest }, is: `git-internal.local:5000/agent:1.0.0@${digest}` },
  { image: { repository: 'registry.example/agent', tag: '2.1' }, is: 'registry.example/agent:2.1' },
])('the agent runs the image that the object names: $is', ({ image, is }) => {
  expect(agentImage(IgnitionSyncSpec.parse({ ...minimal, agent: { image } }))).toBe(is);
});

test('the gateway waits for the agent: a native sidecar after the init containers of the chart, with a startup probe and no other', () => {
  const spec = IgnitionSyncSpec.parse({ ...minimal, agent: { startupGraceSeconds: 90 } });
  const { gateway } = sidecarValues(spec, { relay: 'https://relay', temporal: 'temporal:7233' }) as { gateway: Record<string, object[]> };
  expect(Object.keys(gateway)).toEqual(['initContainers', 'volumes']);
  const [agent] = gateway['initContainers']!;
  expect(agent).toMatchObject({ restartPolicy: 'Always', startupProbe: { httpGet: { path: '/startupz', port: 8082 } } });
  expect(agent).toMatchObject({
    env: expect.arrayContaining([
      { name: 'POD_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } },
      { name: 'STARTUP_GRACE_SECONDS', value: '90' },
    ]) as unknown,
  });
  expect(Object.keys(agent!).filter((key) => key.endsWith('Probe'))).toEqual(['startupProbe']);
});

test('the sidecar has the token for our audience, the API key, no rights and no port', () => {
  const values = JSON.stringify(sidecarValues(IgnitionSyncSpec.parse(minimal), { relay: 'https://relay', temporal: 'temporal:7233' }));
  expect(values).toContain('"audience":"ignition-sync"');
  expect(values).toContain('"secretName":"api"');
  expect(values).toContain('"drop":["ALL"]');
  expect(values).not.toContain('containerPort');
});

test('the sidecar keeps its process small, and says what memory it needs', () => {
  const values = JSON.stringify(sidecarValues(IgnitionSyncSpec.parse(minimal), { relay: 'https://relay', temporal: 'temporal:7233' }));
  for (const [name, value] of Object.entries(SMALL_PROCESS)) expect(values).toContain(JSON.stringify({ name, value }));
  expect(values).toContain('"requests":{"cpu":"50m","memory":"160Mi"}');
});
