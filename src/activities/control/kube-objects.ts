import type { KubeClient } from '../../clients/kube/client.ts';
import { ConflictError } from '../../clients/kube/errors.ts';
import { IGNITION_GATEWAYS, IGNITION_SYNCS, type KubeObject, type Resource, SYNC_PROFILES } from '../../clients/kube/resources.ts';
import { mergePatch } from '../../domain/merge-patch.ts';
import type { ObjectStore, Stored } from './ports.ts';

/** An object of ours as the kube client reads it: spec and status beside the metadata. */
type Ours = KubeObject & { readonly spec?: unknown; readonly status?: unknown };

/** Spec and status are what the apiserver let in by our schema. */
function stored(object: Ours): Stored<never, never> {
  const { name, namespace, uid, generation = 0, resourceVersion, annotations = {} } = object.metadata;
  const metadata = { name, namespace, uid, generation, resourceVersion, annotations };
  return { metadata, spec: object.spec as never, status: object.status as never };
}

/** The objects as the apiserver has them now. */
export function createKubeObjects(kube: KubeClient): ObjectStore {
  /** Optimistic: the patch names the version it was made from, so nothing that somebody else wrote meanwhile is lost. */
  async function replaceStatus(resource: Resource<KubeObject>, before: Stored<unknown, unknown>, status: unknown): Promise<boolean> {
    const { namespace, name, resourceVersion } = before.metadata;
    const patch = mergePatch(before.status, status);
    if (!patch) return true;
    try {
      await kube.patchStatus(resource, namespace, name, { metadata: { resourceVersion }, status: patch });
      return true;
    } catch (error) {
      if (error instanceof ConflictError) return false;
      throw error;
    }
  }

  async function get(resource: Resource<KubeObject>, namespace: string, name: string): Promise<Stored<never, never> | undefined> {
    const object = await kube.get(resource, namespace, name);
    return object ? stored(object) : undefined;
  }

  return {
    sync: (namespace, name) => get(IGNITION_SYNCS, namespace, name),
    profile: (namespace, name) => get(SYNC_PROFILES, namespace, name),
    gateway: (namespace, name) => get(IGNITION_GATEWAYS, namespace, name),
    gateways: async (namespace) => (await kube.list(IGNITION_GATEWAYS, { namespace })).items.map((item) => stored(item)),
    replaceSyncStatus: (before, status) => replaceStatus(IGNITION_SYNCS, before, status),
    replaceGatewayStatus: (before, status) => replaceStatus(IGNITION_GATEWAYS, before, status),
  };
}
