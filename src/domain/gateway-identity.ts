import { POD_ANNOTATIONS } from '../api/v1alpha1/pod-annotations.ts';
import type { Fault } from './errors.ts';

const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** What identity needs of a pod. */
export interface PodNames {
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * The gateway that a pod is: what it says with `ignition-sync.io/gateway-name`, else its own name. The one rule for everybody, so
 * that discovery, the agents' door and a person looking at the pod never disagree.
 */
export function gatewayIdentity(pod: PodNames): { readonly name: string; readonly fault?: Fault } {
  const said = pod.annotations[POD_ANNOTATIONS.gatewayName];
  if (said === undefined) return { name: pod.name };
  if (said.length <= 253 && DNS_SUBDOMAIN.test(said)) return { name: said };
  const message = `pod ${pod.name}: ${POD_ANNOTATIONS.gatewayName} is ${JSON.stringify(said)}: use lower-case letters, digits, dashes and dots only, such as ${suggest(said)}.`;
  return { name: pod.name, fault: { reason: 'InvalidSpec', message } };
}

function suggest(said: string): string {
  const name = said
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return name.slice(0, 63) || 'gateway-1';
}
