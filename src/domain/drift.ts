import { DRIFTED, NAME_TWIN, type Condition, type GatewayConditionType } from '../api/v1alpha1/conditions.ts';
import type { DriftReport } from './reports.ts';
import { count } from './plan/text.ts';
import { setCondition } from './conditions.ts';

/** The conditions of an IgnitionGateway after its agent has compared the files with what is live; undefined when that says nothing new. */
export function withDrift(before: readonly Condition[] | undefined, report: DriftReport, now: string): Condition[] | undefined {
  const had = before ?? [];
  const files = report.changed + report.missing + report.foreign;
  const drift = files === 0 ? ({ status: 'False', reason: 'NoDrift', message: '' } as const) : drifted(report, files);
  const told = said(had, DRIFTED, drift, now);
  const twins = withTwins(told, report, now);
  return twins === had ? undefined : twins;
}

/** Only where there are some, or were: hardly any gateway ever has one. */
function withTwins(before: Condition[], { twins }: DriftReport, now: string): Condition[] {
  if (!twins) return before;
  if (twins.count > 0) return said(before, NAME_TWIN, twin(twins), now);
  return before.some(({ type }) => type === NAME_TWIN)
    ? said(before, NAME_TWIN, { status: 'False', reason: 'NoNameTwin', message: '' }, now)
    : before;
}

type Said = Pick<Condition, 'status' | 'reason' | 'message'>;

/** The conditions with this said; the very same ones when that is nothing new. */
function said(before: readonly Condition[], type: GatewayConditionType, next: Said, now: string): Condition[] {
  const was = before.find((one) => one.type === type);
  if (was?.status === next.status && was.message === next.message) return before as Condition[];
  return setCondition(before, { type, ...next }, now);
}

function twin({ count: many, first }: NonNullable<DriftReport['twins']>): Said {
  const named = first.map(({ path, ours }) => `${path} (ours is ${ours})`).join(', ');
  const more = many > first.length ? ` and ${many - first.length} more` : '';
  return {
    status: 'True',
    reason: 'NameTwin',
    message: `${count(many, 'name')} on the gateway beside ours, with another case or other accents only: ${named}${more}`,
  };
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
