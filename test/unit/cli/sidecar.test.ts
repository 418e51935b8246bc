import { IgnitionSyncSpec } from '../../../src/api/v1alpha1/ignition-sync.ts';
import { SMALL_PROCESS } from '../../../src/config/small-process.ts';
import { agentImage, imageWarning, sidecarValues } from '../../../src/cli/commands/sidecar.ts';
import { type SidecarOptions, controlPlaneOf, keyIn, kubeconfigOf } from '../../../src/cli/sidecar/options.ts';
import { loadEnvironment } from '../../../src/config/environment.ts';

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

test('an agent gets what the chart may have for the control plane: a Temporal namespace, TLS and an API key, and the CA of the relay', () => {
  const options: SidecarOptions = {
    namespace: 'plant',
    temporal: 'plant.tmprl.example:7233',
    temporalNamespace: 'plant.a1',
    temporalTls: true,
    temporalApiKeySecret: keyIn('apiKey')('temporal'),
    relayCaConfigMap: keyIn('ca.crt')('relay-ca/root.pem'),
  };
  const { gateway } = sidecarValues(IgnitionSyncSpec.parse(minimal), controlPlaneOf(options)) as {
    gateway: {
      initContainers: { env: { name: string; value?: string }[]; volumeMounts: { name: string; mountPath: string }[] }[];
      volumes: { name: string }[];
    };
  };
  const [agent] = gateway.initContainers;
  const env = loadEnvironment('agent', Object.fromEntries(agent!.env.map(({ name, value }) => [name, value ?? 'x'])));
  expect(env).toMatchObject({
    TEMPORAL_NAMESPACE: 'plant.a1',
    TEMPORAL_TLS: true,
    TEMPORAL_API_KEY_FILE: '/var/run/secrets/temporal/apiKey',
    RELAY_URL: 'https://ignition-sync-relay.ignition-sync.svc:9444',
    RELAY_CA_FILE: '/var/run/secrets/relay-ca/root.pem',
  });
  expect(gateway.volumes).toEqual(
    expect.arrayContaining([
      { name: 'ignition-sync-relay-ca', configMap: { name: 'relay-ca' } },
      { name: 'ignition-sync-temporal', secret: { secretName: 'temporal' } },
    ]),
  );
  const names = gateway.volumes.map(({ name }) => name);
  for (const { name } of agent!.volumeMounts) expect(['data', ...names]).toContain(name);
});

test.each<{ options: Partial<SidecarOptions>; says: RegExp }>([
  { options: { relay: 'http://relay:9444', relayCaSecret: { name: 'ca', key: 'ca.crt' } }, says: /--relay .*https/ },
  { options: { relay: 'relay:9444' }, says: /--relay .*URL/ },
  { options: { temporal: 'https://temporal:7233' }, says: /--temporal .*host:port/ },
  { options: { relayCaSecret: { name: 'a', key: 'k' }, relayCaConfigMap: { name: 'b', key: 'k' } }, says: /exclude each other/ },
])('options that do not go together are refused by name: $says', ({ options, says }) => {
  expect(() => controlPlaneOf({ namespace: 'plant', temporal: 'temporal:7233', ...options })).toThrow(says);
});

test('the cluster is that of --kubeconfig, of KUBECONFIG, or of the pod; without any the option is named', () => {
  expect(kubeconfigOf('a', { KUBECONFIG: 'b' })).toBe('a');
  expect(kubeconfigOf(undefined, { KUBECONFIG: 'b' })).toBe('b');
  expect(kubeconfigOf(undefined, { KUBERNETES_SERVICE_HOST: '10.0.0.1' })).toBeUndefined();
  expect(() => kubeconfigOf(undefined, {})).toThrow(/--kubeconfig/);
  expect(() => kubeconfigOf(undefined, { KUBECONFIG: 'b:c' })).toThrow(/--kubeconfig/);
});

test('who prints an image that no cluster can pull is told', () => {
  expect(imageWarning('plant', IgnitionSyncSpec.parse(minimal))).toMatch(/spec\.agent\.image/);
  const spec = IgnitionSyncSpec.parse({ ...minimal, agent: { image: { repository: 'registry.example/agent' } } });
  expect(imageWarning('plant', spec)).toBeUndefined();
});
