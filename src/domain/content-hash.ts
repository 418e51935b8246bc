import type { Desired } from './desired.ts';

/** Labels that change with every pod template or pod without meaning anything to a plan. */
const VOLATILE_LABELS = ['controller-revision-hash', 'pod-template-hash', 'statefulset.kubernetes.io/pod-name'];

function stable(labels: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(labels)
    .filter(([key]) => !VOLATILE_LABELS.includes(key))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * The part of the desired input that decides which bytes go where and over what, as canonical text to be hashed: two inputs with the same
 * text need no new rollout. Whose signature is wanted is part of it: a commit that was refused is looked at again. How carefully (approval,
 * waves, polling) and what is live are no part of it.
 */
export function contentText(desired: Desired): string {
  const { git, excludePatterns, shared } = desired.spec;
  const gateways = desired.gateways.map(
    ({ name, podName, profile, servicePath, deploymentMode, excludePatterns: own, annotations, labels, fault }) => [
      name,
      podName,
      profile ?? null,
      fault?.message ?? null, // a mistake that replaces another is looked at too
      servicePath ?? null,
      deploymentMode ?? null,
      own,
      Object.entries(annotations).sort(([a], [b]) => (a < b ? -1 : 1)),
      stable(labels),
    ],
  );
  // Said only where it is not the default: a hash that was made before it was known stays the same.
  const overwrites = desired.spec.localChanges === 'overwrite' ? ['overwrite'] : [];
  const signatures =
    (git.verify as string | undefined) === undefined || git.verify === 'none' ? [] : [{ verify: git.verify, signers: git.signers ?? null }];
  const pairs = desired.gateways.flatMap(({ name, pair }) => (pair ? [[name, pair.peer, pair.master]] : []));
  const redundant = pairs.length > 0 ? [{ pairs }] : [];
  return JSON.stringify([
    git.repo,
    git.ref,
    excludePatterns,
    gateways,
    ...(shared ? [shared] : []),
    ...overwrites,
    ...signatures,
    ...redundant,
  ]);
}
