import { SearchAttributeType, type SearchAttributePair, defineSearchAttributeKey } from '@temporalio/common';
import type { ObjectRef } from '../domain/reports.ts';

const namespace = defineSearchAttributeKey('IgnitionSyncNamespace', SearchAttributeType.KEYWORD);
const name = defineSearchAttributeKey('IgnitionSyncName', SearchAttributeType.KEYWORD);
const commit = defineSearchAttributeKey('IgnitionCommit', SearchAttributeType.KEYWORD);
const phase = defineSearchAttributeKey('IgnitionPhase', SearchAttributeType.KEYWORD);
const gateways = defineSearchAttributeKey('IgnitionGateways', SearchAttributeType.KEYWORD_LIST);

/** What the Temporal UI can filter runs by. */
export function searchAttributes(of: {
  object?: Pick<ObjectRef, 'namespace' | 'name'>;
  commit?: string;
  phase?: string;
  gateways?: readonly string[];
}): SearchAttributePair[] {
  const pairs: SearchAttributePair[] = [];
  if (of.object) pairs.push({ key: namespace, value: of.object.namespace }, { key: name, value: of.object.name });
  if (of.commit !== undefined) pairs.push({ key: commit, value: of.commit });
  if (of.phase !== undefined) pairs.push({ key: phase, value: of.phase });
  if (of.gateways) pairs.push({ key: gateways, value: [...of.gateways] });
  return pairs;
}
