import type { KubeClient } from '../../clients/kube/client.ts';
import { recordEvent } from '../../clients/kube/events.ts';
import { IGNITION_SYNCS, type KubeObject, type Resource } from '../../clients/kube/resources.ts';
import type { Announcer } from './ports.ts';

const SYNCS: Resource<KubeObject> = IGNITION_SYNCS;

/** Says things in Kubernetes Events. `onFailure` hears of those that could not be written: status has them too. */
export function createKubeAnnouncer(kube: KubeClient, now: () => Date, onFailure: (error: unknown) => void): Announcer {
  return {
    announce: async ({ metadata }, announcement) => {
      await recordEvent(kube, SYNCS, { metadata }, { ...announcement, by: 'ignition-sync' }, now()).catch(onFailure);
    },
  };
}
