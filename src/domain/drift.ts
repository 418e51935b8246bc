import { DRIFTED, type Condition } from '../api/v1alpha1/conditions.ts';
import type { DriftReport } from './reports.ts';
import { count } from './plan/text.ts';
import { setCondition } from './conditions.ts';

/** The conditions of an IgnitionGateway after its agent has compared the files with what is live; undefined when that says nothing new. */
export function withDrift(before: readonly Condition[] | undefined, report: DriftReport, now: string): Condition[] | undefined {
  const [was] = (before ?? []).filter(({ type }) => type === DRIFTED);
  const files = report.changed + report.missing + report.foreign;
  const next = files === 0 ? ({ status: 'False', reason: 'NoDrift', message: '' } as const) : drifted(report, files);
  if (was?.status === next.status && was.message === next.message) return undefined;
  return setCondition(before ?? [], { type: DRIFTED, ...next }, now);
}

/** Whether the condition says that files have drifted. */
export function hasDrifted(conditions: readonly Condition[] | undefined): boolean {
  return conditions?.some(({ type, status }) => type === DRIFTED && status === 'True') ?? false;
}

function drifted({ changed, missing, foreign, first }: DriftReport, files: number) {
  const parts = [
    changed > 0 && `${changed} changed`,
    missing > 0 && `${missing} deleted`,
    foreign > 0 && `${foreign} not ours in mirrored folders`,
  ].filter((part) => typeof part === 'string');
  const more = files > first.length ? ` and ${files - first.length} more` : '';
  return {
    status: 'True' as const,
    reason: 'Drifted',
    message: `${count(files, 'file')} on the gateway: ${parts.join(', ')}: ${first.join(', ')}${more}`,
  };
}
