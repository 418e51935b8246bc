import { InvalidArgumentError } from 'commander';
import type { ControlPlane, KeyIn } from './control-plane.ts';

/** What `sidecar` is asked for. */
export interface SidecarOptions {
  readonly namespace: string;
  readonly kubeconfig?: string;
  readonly relay?: string;
  readonly relayCaSecret?: KeyIn;
  readonly relayCaConfigMap?: KeyIn;
  readonly temporal: string;
  readonly temporalNamespace?: string;
  readonly temporalTls?: boolean;
  readonly temporalApiKeySecret?: KeyIn;
}

/** Reads `NAME/KEY`; `NAME` alone has the key that the chart's values have. */
export function keyIn(defaultKey: string): (text: string) => KeyIn {
  return (text) => {
    const [, name, key = defaultKey] = /^([a-z0-9][a-z0-9.-]*)(?:\/([\w.-]+))?$/.exec(text) ?? [];
    if (name === undefined)
      throw new InvalidArgumentError(`write it NAME/KEY, such as ${defaultKey === 'ca.crt' ? 'relay-ca' : 'temporal'}/${defaultKey}.`);
    return { name, key };
  };
}

/** @throws Error that names the options, where they do not go together */
export function controlPlaneOf(options: SidecarOptions): ControlPlane {
  const { relayCaSecret, relayCaConfigMap, temporal, temporalNamespace, temporalTls = false, temporalApiKeySecret } = options;
  if (relayCaSecret && relayCaConfigMap) throw new Error('--relay-ca-secret and --relay-ca-config-map exclude each other.');
  const relayCa = relayCaSecret ? { secret: relayCaSecret } : relayCaConfigMap ? { configMap: relayCaConfigMap } : undefined;
  const relay = options.relay ?? `${relayCa ? 'https' : 'http'}://ignition-sync-relay.ignition-sync.svc:9444`;
  if (!URL.canParse(relay) || !/^https?:\/\//.test(relay))
    throw new Error(`--relay ${relay}: give a URL, such as https://ignition-sync-relay.ignition-sync.svc:9444.`);
  if (relayCa && !relay.startsWith('https://'))
    throw new Error(`--relay ${relay} has no use for a CA: write https://, or leave the CA out.`);
  if (!/^[^\s/]+:\d+$/.test(temporal)) throw new Error(`--temporal ${temporal}: write it host:port.`);
  return {
    relay,
    ...(relayCa && { relayCa }),
    temporal,
    ...(temporalNamespace !== undefined && { temporalNamespace }),
    temporalTls,
    ...(temporalApiKeySecret && { temporalApiKey: temporalApiKeySecret }),
  };
}

/** The kubeconfig to use: the option's, else $KUBECONFIG's. @throws Error that names the option, when there is none and this is no pod */
export function kubeconfigOf(option: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  const { KUBECONFIG = '', KUBERNETES_SERVICE_HOST = '' } = env;
  if (option !== undefined) return option;
  if (KUBECONFIG.includes(':')) throw new Error(`KUBECONFIG names several files (${KUBECONFIG}): choose one with --kubeconfig.`);
  if (KUBECONFIG !== '') return KUBECONFIG;
  if (KUBERNETES_SERVICE_HOST !== '') return undefined;
  throw new Error('There is no cluster to ask: name a kubeconfig with --kubeconfig or in KUBECONFIG. Only in a pod neither is needed.');
}
