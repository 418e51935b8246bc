import { createHash } from 'node:crypto';
import type { KubeClient } from './client.ts';
import { ConflictError } from './errors.ts';
import { resourcePath, type KubeObject, type Resource } from './resources.ts';

interface EventObject extends KubeObject {
  readonly count?: number;
}
const EVENTS: Resource<EventObject> = { apiVersion: 'v1', kind: 'Event', plural: 'events' };

export interface EventText {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** The process that speaks, such as `ignition-sync-operator`. */
  readonly by: string;
}

/** Says something about an object in `kubectl describe`. The same sentence again raises the count of the first. */
export async function recordEvent<T extends KubeObject>(
  kube: KubeClient,
  resource: Resource<T>,
  object: T,
  text: EventText,
  now: Date,
): Promise<void> {
  const { namespace, name, uid, resourceVersion } = object.metadata;
  const id = createHash('sha256').update([uid, text.type, text.reason, text.message].join('\n')).digest('hex').slice(0, 16);
  const eventName = `${name.slice(0, 230)}.${id}`;
  const at = now.toISOString();
  const body = {
    apiVersion: EVENTS.apiVersion,
    kind: EVENTS.kind,
    metadata: { name: eventName },
    involvedObject: { apiVersion: resource.apiVersion, kind: resource.kind, namespace, name, uid, resourceVersion },
    type: text.type,
    reason: text.reason,
    message: text.message.slice(0, 1024),
    source: { component: text.by },
    reportingComponent: text.by,
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
  };
  try {
    await kube.transport.call('POST', resourcePath(EVENTS, namespace), { body });
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    const before = await kube.get(EVENTS, namespace, eventName);
    await kube.patch(EVENTS, namespace, eventName, { lastTimestamp: at, count: (before?.count ?? 1) + 1 });
  }
}
