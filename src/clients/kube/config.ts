import { KubeConfig } from '@kubernetes/client-node';

/** Which cluster, and as whom. Always said explicitly: a kubeconfig that happens to lie in a home directory is never used. */
export type ClusterAccess =
  | { readonly kubeconfig: string }
  | { readonly server: string; readonly token: string; readonly ca?: string; readonly skipTlsVerify?: boolean }
  | 'in-cluster';

/**
 * @throws Error when the kubeconfig cannot be read, or `in-cluster` is asked for outside a pod.
 */
export function loadKubeConfig(access: ClusterAccess): KubeConfig {
  const config = new KubeConfig();
  if (access === 'in-cluster') {
    if (!process.env['KUBERNETES_SERVICE_HOST'])
      throw new Error('not in a pod: KUBERNETES_SERVICE_HOST is not set; name a kubeconfig file');
    config.loadFromCluster();
  } else if ('kubeconfig' in access) {
    config.loadFromFile(access.kubeconfig);
  } else {
    const { server, token, ca, skipTlsVerify } = access;
    config.loadFromClusterAndUser(
      { name: 'cluster', server, ...(ca ? { caData: ca } : {}), skipTLSVerify: skipTlsVerify ?? false },
      { name: 'user', token },
    );
  }
  if (!config.getCurrentCluster()) throw new Error('the kubeconfig has no current cluster');
  return config;
}
