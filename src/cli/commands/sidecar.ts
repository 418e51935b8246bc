import type { Command } from 'commander';
import { z } from 'zod';
import { stringify } from 'yaml';
import { IgnitionSyncSpec } from '../../api/v1alpha1/ignition-sync.ts';
import { IGNITION_SYNCS } from '../../clients/kube/resources.ts';
import { SMALL_PROCESS } from '../../config/small-process.ts';
import { VERSION } from '../../config/version.ts';
import { TOKEN_AUDIENCE } from '../../contract/names.ts';
import { readOptionFile } from '../option-file.ts';
import { type ControlPlane, controlPlaneAccess } from '../sidecar/control-plane.ts';
import { type SidecarOptions, controlPlaneOf, keyIn, kubeconfigOf } from '../sidecar/options.ts';

/** The image that an object names for its agents; the released one where it names none. */
export function agentImage(spec: IgnitionSyncSpec): string {
  const { image } = spec.agent;
  const name = `${image?.repository ?? 'ignition-sync'}:${image?.tag ?? VERSION}`;
  return image?.digest === undefined ? name : `${name}@${image.digest}`;
}

/** What is wrong with the printed image; undefined where the object names one. */
export function imageWarning(name: string, spec: IgnitionSyncSpec): string | undefined {
  if (spec.agent.image?.repository !== undefined) return undefined;
  return `Warning: spec.agent.image.repository of IgnitionSync ${name} is not set: no cluster can pull ${agentImage(spec)}. Set it to where your image is.`;
}

/** Port of the agent's startup gate; nothing else listens there but its health. */
const GATE_PORT = 8082;

/**
 * Values for the official Ignition chart that put the agent beside the gateway: a native sidecar, its token, the gateway's API key. The gateway's
 * container starts when the startup probe succeeds: the agent recovers and syncs before. There is no readiness and no liveness probe:
 * they would take the gateway from its Service, or the agent from its work.
 */
export function sidecarValues(spec: IgnitionSyncSpec, at: ControlPlane): unknown {
  const { env, volumeMounts, volumes } = controlPlaneAccess(at);
  const { name, key } = spec.gateway.apiKeySecretRef;
  return {
    gateway: {
      initContainers: [
        {
          name: 'ignition-sync-agent',
          image: agentImage(spec),
          args: ['agent'],
          restartPolicy: 'Always',
          env: [
            ...env,
            { name: 'API_KEY_FILE', value: `/var/run/secrets/ignition/${key}` },
            ...Object.entries(SMALL_PROCESS).map(([variable, value]) => ({ name: variable, value })),
            { name: 'HEALTH_PORT', value: `${GATE_PORT}` },
            { name: 'POD_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } },
            { name: 'STARTUP_GRACE_SECONDS', value: `${spec.agent.startupGraceSeconds}` },
          ],
          startupProbe: {
            httpGet: { path: '/startupz', port: GATE_PORT },
            periodSeconds: 1,
            timeoutSeconds: 5,
            // The gate opens by itself when the grace is over. Files in the middle of a sync keep it closed, and a restart mends nothing there.
            failureThreshold: 86_400,
          },
          volumeMounts: [
            { name: 'data', mountPath: '/usr/local/bin/ignition/data' },
            { name: 'ignition-sync-token', mountPath: '/var/run/secrets/ignition-sync', readOnly: true },
            { name: 'ignition-api-key', mountPath: '/var/run/secrets/ignition', readOnly: true },
            ...volumeMounts,
          ],
          resources: { requests: { cpu: '50m', memory: '160Mi' }, limits: { memory: '320Mi' } },
          securityContext: {
            runAsNonRoot: true,
            readOnlyRootFilesystem: true,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
      volumes: [
        {
          name: 'ignition-sync-token',
          projected: { sources: [{ serviceAccountToken: { audience: TOKEN_AUDIENCE, path: 'token', expirationSeconds: 3600 } }] },
        },
        { name: 'ignition-api-key', secret: { secretName: name } },
        ...volumes,
      ],
    },
  };
}

export function addSidecar(program: Command): void {
  program
    .command('sidecar')
    .description('print the values that put the agent of an IgnitionSync into the official Ignition chart')
    .argument('<name>', 'name of the IgnitionSync')
    .requiredOption('-n, --namespace <namespace>', 'its namespace')
    .option('--kubeconfig <path>', 'kubeconfig to use; default: the file in KUBECONFIG, in a pod its service account')
    .option(
      '--relay <url>',
      'where agents reach the relay (default: "http://ignition-sync-relay.ignition-sync.svc:9444", https:// where a CA is given)',
    )
    .option('--relay-ca-secret <name/key>', 'Secret with the CA of the relay, PEM; key ca.crt when left out', keyIn('ca.crt'))
    .option('--relay-ca-config-map <name/key>', 'the same in a ConfigMap', keyIn('ca.crt'))
    .option('--temporal <host:port>', 'where agents reach Temporal', 'temporal-frontend.temporal.svc:7233')
    .option('--temporal-namespace <namespace>', 'Temporal namespace; "default" when left out')
    .option('--temporal-tls', 'talk TLS to Temporal')
    .option('--temporal-api-key-secret <name/key>', 'Secret with an API key for Temporal; key apiKey when left out', keyIn('apiKey'))
    .addHelpText('after', '\nSecrets and ConfigMaps are those of the namespace of the gateways.')
    .action(async (name: string, options: SidecarOptions) => {
      const at = controlPlaneOf(options);
      const spec = await specOf(name, options);
      const warning = imageWarning(name, spec);
      if (warning !== undefined) console.error(warning);
      process.stdout.write(stringify(sidecarValues(spec, at)));
    });
}

async function specOf(name: string, { namespace, kubeconfig: option }: SidecarOptions): Promise<IgnitionSyncSpec> {
  const kubeconfig = kubeconfigOf(option, process.env);
  if (kubeconfig !== undefined) readOptionFile(option === undefined ? 'KUBECONFIG' : '--kubeconfig', kubeconfig);
  // Loaded only when it is needed: every process comes through here, and an agent has no use for it.
  const { KubeClient } = await import('../../clients/kube/client.ts');
  const kube = KubeClient.connect(kubeconfig === undefined ? 'in-cluster' : { kubeconfig });
  try {
    const sync = await kube.get(IGNITION_SYNCS, namespace, name);
    if (!sync) throw new Error(`There is no IgnitionSync ${name} in namespace ${namespace}: correct the name, or --namespace.`);
    const spec = IgnitionSyncSpec.safeParse(sync.spec);
    if (!spec.success) throw new Error(`IgnitionSync ${name}: ${z.prettifyError(spec.error)}`);
    return spec.data;
  } finally {
    await kube.close();
  }
}
