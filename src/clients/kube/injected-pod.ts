import { ANNOTATION_PREFIX, POD_ANNOTATIONS } from '../../api/v1alpha1/pod-annotations.ts';
import type { Pod } from './resources.ts';
import type { DiscoveredPod } from '../../domain/discovery.ts';

/** What is kept in memory of a pod that asks to be synced: a cluster has many pods, and few of them are ours. */
export function keepInjectedPod(pod: Pod): Pod | undefined {
  const { namespace, name, uid, resourceVersion, labels, annotations = {}, creationTimestamp } = pod.metadata;
  if (annotations[POD_ANNOTATIONS.inject] !== 'true') return undefined;
  const ours = Object.fromEntries(Object.entries(annotations).filter(([key]) => key.startsWith(`${ANNOTATION_PREFIX}/`)));
  return {
    metadata: {
      namespace,
      name,
      uid,
      resourceVersion,
      annotations: ours,
      ...(labels ? { labels } : {}),
      ...(creationTimestamp ? { creationTimestamp } : {}),
    },
  };
}

export function discoveredPod({ metadata }: Pod): DiscoveredPod {
  const { name, labels = {}, annotations = {}, creationTimestamp = '' } = metadata;
  return { name, labels, annotations, createdAt: creationTimestamp };
}

/** Whether discovery may see another pod than before. */
export function isAnotherPod(now: Pod, before: Pod): boolean {
  return JSON.stringify(discoveredPod(now)) !== JSON.stringify(discoveredPod(before)) || now.metadata.uid !== before.metadata.uid;
}
