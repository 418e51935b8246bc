/** A key of a Secret or a ConfigMap in the gateways' namespace. */
export interface KeyIn {
  readonly name: string;
  readonly key: string;
}

/** Where agents find the control plane, and what they need to log in: what the chart's values say of it, in the gateways' namespace. */
export interface ControlPlane {
  readonly relay: string;
  /** CA of the relay's certificate; absent for the usual authorities, or plain http. */
  readonly relayCa?: { readonly secret: KeyIn } | { readonly configMap: KeyIn };
  /** host:port. */
  readonly temporal: string;
  readonly temporalNamespace?: string;
  readonly temporalTls?: boolean;
  readonly temporalApiKey?: KeyIn;
}

const TEMPORAL_DIR = '/var/run/secrets/temporal';
const RELAY_CA_DIR = '/var/run/secrets/relay-ca';

/** Environment, mounts and volumes of an agent that reaches the control plane. */
export function controlPlaneAccess(at: ControlPlane): { env: object[]; volumeMounts: object[]; volumes: object[] } {
  const { relay, relayCa, temporal, temporalNamespace, temporalTls = false, temporalApiKey } = at;
  const ca = relayCa && ('secret' in relayCa ? relayCa.secret : relayCa.configMap);
  return {
    env: [
      { name: 'RELAY_URL', value: relay },
      ...(ca ? [{ name: 'RELAY_CA_FILE', value: `${RELAY_CA_DIR}/${ca.key}` }] : []),
      { name: 'TEMPORAL_ADDRESS', value: temporal },
      ...(temporalNamespace === undefined ? [] : [{ name: 'TEMPORAL_NAMESPACE', value: temporalNamespace }]),
      ...(temporalTls ? [{ name: 'TEMPORAL_TLS', value: 'true' }] : []),
      ...(temporalApiKey ? [{ name: 'TEMPORAL_API_KEY_FILE', value: `${TEMPORAL_DIR}/${temporalApiKey.key}` }] : []),
    ],
    volumeMounts: [
      ...(ca ? [{ name: 'ignition-sync-relay-ca', mountPath: RELAY_CA_DIR, readOnly: true }] : []),
      ...(temporalApiKey ? [{ name: 'ignition-sync-temporal', mountPath: TEMPORAL_DIR, readOnly: true }] : []),
    ],
    volumes: [
      ...(relayCa
        ? [
            {
              name: 'ignition-sync-relay-ca',
              ...('secret' in relayCa ? { secret: { secretName: relayCa.secret.name } } : { configMap: { name: relayCa.configMap.name } }),
            },
          ]
        : []),
      ...(temporalApiKey ? [{ name: 'ignition-sync-temporal', secret: { secretName: temporalApiKey.name } }] : []),
    ],
  };
}
