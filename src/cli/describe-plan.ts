import type { ObjectRef } from '../domain/reports.ts';
import type { WholeChange } from '../source/whole-plan.ts';

const KINDS = ['added', 'modified', 'deleted', 'released'] as const;

/** What stands above the gateways of a plan. */
export function planHead(digest: string, { object, commit }: { readonly object: ObjectRef; readonly commit: string }): string {
  return `plan ${digest}\nof commit ${commit} for IgnitionSync ${object.namespace}/${object.name}\n`;
}

/** One gateway of a plan and every path that changes there. */
export function describeChange(change: WholeChange): string {
  const { gateway, stage, wave, unknown } = change;
  const counts = KINDS.filter((kind) => kind !== 'released' || change.released.length > 0).map((kind) => `${change[kind].length} ${kind}`);
  const place = stage === 'unchanged' ? 'nothing changes' : `${stage}, wave ${wave + 1}: ${counts.join(', ')}`;
  return [
    `\n${gateway}: ${place}`,
    ...(unknown ? ['  the content store has lost a manifest of this gateway: the list is not whole'] : []),
    ...KINDS.flatMap((kind) => change[kind].map((path) => `  ${kind.padEnd(8)}  ${path}`)),
    '',
  ].join('\n');
}
