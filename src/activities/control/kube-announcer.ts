import type { KubeClient } from '../../clients/kube/client.ts';
import { recordEvent } from '../../clients/kube/events.ts';
import { IGNITION_GATEWAYS, IGNITION_SYNCS, type KubeObject, type Resource } from '../../clients/kube/resources.ts';
import type { Announcement } from '../../domain/announcement.ts';
import type { Announcer } from './ports.ts';

/** Says things in Kubernetes Events. `onFailure` hears of those that could not be written: status has them too. */
export function createKubeAnnouncer(kube: KubeClient, now: () => Date, onFailure: (error: unknown) => void): Announcer {
  const about =
    (resource: Resource<KubeObject>) =>
    async ({ metadata }: KubeObject, announcement: Announcement): Promise<void> => {
      await recordEvent(kube, resource, { metadata }, { ...announcement, by: 'ignition-sync' }, now()).catch(onFailure);
    };
  return { announce: about(IGNITION_SYNCS), announceGateway: about(IGNITION_GATEWAYS) };
}
