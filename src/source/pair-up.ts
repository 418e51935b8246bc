import type { PlannedGateway } from '../contract/source-activities.ts';
import type { DesiredGateway } from '../domain/desired.ts';
import type { Digest } from '../domain/manifest.ts';
import type { Unit } from '../domain/plan/stages.ts';
import { peerManifest } from '../domain/redundancy/replicates.ts';
import { digestOf } from './composer.ts';
import type { Made } from './maker.ts';

/**
 * Gives the other node of each redundant pair what its master has of what replicates: both shall end with the same files, whichever of
 * them is written.
 * @param made in the order of `gateways`
 */
export function pairUp(made: readonly Made[], gateways: readonly DesiredGateway[]): Made[] {
  return made.map((own, i) => {
    const { pair } = gateways[i] as DesiredGateway;
    if (!pair || pair.master) return own;
    const master = made[gateways.findIndex(({ name }) => name === pair.peer)];
    if (!master || master.digest === own.digest) return own;
    const manifest = peerManifest(master.manifest, own.manifest);
    const digest = digestOf(manifest);
    if (digest === own.digest) return own;
    const note = `takes what replicates as it is composed for ${pair.peer}, the master of its pair.`;
    return { ...own, manifest, digest, notes: [...own.notes, note] };
  });
}

/** What a plan says of a gateway's pair. Where the profiles of the two differ, the more careful policy counts. */
export function plannedPair(gateway: DesiredGateway, gateways: readonly DesiredGateway[]): Pick<PlannedGateway, 'pair'> {
  const { pair } = gateway;
  if (!pair) return {};
  const peer = gateways.find(({ name }) => name === pair.peer);
  const policies = [gateway, peer].map((node) => node?.profile?.spec.redundancyPolicy ?? 'hold');
  return { pair: { ...pair, policy: policies.every((policy) => policy === 'proceed') ? 'proceed' : 'hold' } };
}

/** What is live on the other node: its files may have come to this one. */
export function liveOnPeer({ pair }: DesiredGateway, gateways: readonly DesiredGateway[]): Digest | undefined {
  return gateways.find(({ name }) => name === pair?.peer)?.live;
}

/** Gateways by what changes together; a pair changes together if one of its nodes does. */
export function unitsOf(gateways: readonly DesiredGateway[], changes: (gateway: DesiredGateway) => boolean): Unit[] {
  const units = new Map<string, string[]>();
  const changing = new Set(gateways.filter(changes).map(({ name }) => name));
  for (const { name, pair } of gateways) {
    if (!changing.has(name) && !(pair && changing.has(pair.peer))) continue;
    const key = pair && pair.peer < name ? pair.peer : name;
    units.set(key, [...(units.get(key) ?? []), name]);
  }
  return [...units.values()];
}
