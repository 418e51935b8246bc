import { readFileSync, readlinkSync } from 'node:fs';

/**
 * Names one life of a pod's containers: the pod, the boot of its machine, and its network namespace, which a pod gets anew when all its
 * containers start again under the same UID. A restart of one container changes none of them.
 */
export function sandboxOf(podUid: string): string {
  return [podUid, orNothing(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()), orNothing(netns)].join(' ');
}

function netns(): string {
  return readlinkSync('/proc/self/ns/net');
}

function orNothing(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
