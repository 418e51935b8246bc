import {
  CoreV1Api,
  ListWatch,
  Watch,
  type KubeConfig,
  type KubernetesListObject,
  type V1Pod,
  type V1Secret,
} from '@kubernetes/client-node';

const RESUME_MS = 250;

type Watched = V1Pod | V1Secret;

/** A view of all objects of one kind that stays current, also across restarts of the apiserver. */
export interface Watching<T extends Watched> {
  get(namespace: string, name: string): T | undefined;
  list(): readonly T[];
  stop(): Promise<void>;
}

/** Watches the pods of one node; `changed` hears of every pod that appeared, changed or went. */
export function watchPods(config: KubeConfig, node: string, changed: (pod: V1Pod) => void): Promise<Watching<V1Pod>> {
  const api = config.makeApiClient(CoreV1Api);
  const fieldSelector = `spec.nodeName=${node}`;
  return watching(config, '/api/v1/pods', () => api.listPodForAllNamespaces({ fieldSelector }), changed, fieldSelector);
}

/** Watches all Secrets. */
export function watchSecrets(config: KubeConfig, changed: (secret: V1Secret) => void): Promise<Watching<V1Secret>> {
  const api = config.makeApiClient(CoreV1Api);
  return watching(config, '/api/v1/secrets', () => api.listSecretForAllNamespaces(), changed);
}

async function watching<T extends Watched>(
  config: KubeConfig,
  path: string,
  list: () => Promise<KubernetesListObject<T>>,
  changed: (object: T) => void,
  fieldSelector?: string,
): Promise<Watching<T>> {
  const informer = new ListWatch<T>(path, new Watch(config), list, false, undefined, fieldSelector);
  let resume: NodeJS.Timeout | undefined;
  let stopped = false;
  informer.on('change', changed);
  const again = (): void => {
    clearTimeout(resume);
    if (!stopped) resume = setTimeout(() => void informer.start().catch(again), RESUME_MS);
  };
  informer.on('error', again);
  await informer.start();
  return {
    get: (namespace, name) => informer.get(name, namespace),
    list: () => informer.list(),
    stop: async () => {
      stopped = true;
      clearTimeout(resume);
      await informer.stop();
    },
  };
}
