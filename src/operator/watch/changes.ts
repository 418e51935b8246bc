import { ACCEPTED } from '../../api/v1alpha1/conditions.ts';
import type { IgnitionGateway, IgnitionSync, ObjectMeta } from '../../api/v1alpha1/objects.ts';

/** Prefix of the annotations with which people and tools ask something of an IgnitionSync. */
const REQUEST_PREFIX = 'sync.ignition.io/';

/** Whether the new version of an object asks for another look. Status is what we write ourselves: it never does. */
export function isAnotherSpec(now: ObjectMeta, before: ObjectMeta): boolean {
  return now.uid !== before.uid || now.generation !== before.generation || now.deletionTimestamp !== before.deletionTimestamp;
}

export function isAnotherSync(now: IgnitionSync, before: IgnitionSync): boolean {
  return isAnotherSpec(now.metadata, before.metadata) || requests(now.metadata) !== requests(before.metadata);
}

export function isAnotherGateway(now: IgnitionGateway, before: IgnitionGateway): boolean {
  return isAnotherSpec(now.metadata, before.metadata) || acceptance(now) !== acceptance(before);
}

function requests(metadata: ObjectMeta): string {
  const ours = Object.entries(metadata.annotations ?? {}).filter(([key]) => key.startsWith(REQUEST_PREFIX));
  return JSON.stringify(ours.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function acceptance(gateway: IgnitionGateway): string {
  const condition = gateway.status?.conditions?.find(({ type }) => type === ACCEPTED);
  return JSON.stringify([condition?.status, condition?.reason, condition?.message]);
}
