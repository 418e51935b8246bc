import type { KubeClient } from '../clients/kube/client.ts';
import { IGNITION_GATEWAYS, IGNITION_SYNCS } from '../clients/kube/resources.ts';
import type { Digest } from '../domain/manifest.ts';
import { isDigest } from './digest.ts';

/** What the cluster says is in use. */
export interface Fleet {
  /** The rollout that each object's status names. */
  readonly rollouts: ReadonlySet<string>;
  /** By `namespace/name`: the manifests that each gateway runs, or proved to run. */
  readonly gateways: ReadonlyMap<string, readonly Digest[]>;
}

/** Asks the cluster; a failure means that nothing is known, never that nothing is in use. */
export type ReadFleet = () => Promise<Fleet>;

/** Reads status, where workers and relay write what gateways confirm. */
export function createReadFleet(kube: KubeClient): ReadFleet {
  return async () => {
    const [syncs, gateways] = await Promise.all([kube.list(IGNITION_SYNCS), kube.list(IGNITION_GATEWAYS)]);
    return {
      rollouts: new Set(syncs.items.flatMap(({ status }) => status?.rollout?.id ?? [])),
      gateways: new Map(
        gateways.items.map(({ metadata, status }) => [
          `${metadata.namespace}/${metadata.name}`,
          [status?.live, status?.confirmed?.manifest].filter((digest): digest is Digest => digest !== undefined && isDigest(digest)),
        ]),
      ),
    };
  };
}
