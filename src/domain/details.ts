import type { Fault } from './errors.ts';
import type { Revision } from './reports.ts';
import { short } from './revision.ts';

/** What the Temporal UI shows of an object's workflow at a glance, as Markdown: what is wanted, what runs, what is wrong, what comes next. */
export function objectDetails(now: {
  readonly wanted: Revision | undefined;
  readonly running: number | undefined;
  readonly frozen: { readonly by: string; readonly reason: string } | undefined;
  readonly fault: Fault | undefined;
  readonly next: string;
}): string {
  return [
    `Wanted: ${now.wanted ? `${now.wanted.ref}@${short(now.wanted.commit)}` : 'not resolved'}`,
    now.running === undefined ? '' : `Running: rollout ${now.running}`,
    now.frozen ? `FROZEN by ${now.frozen.by}: ${now.frozen.reason}` : '',
    now.fault ? `Fault: ${now.fault.reason}: ${now.fault.message}` : '',
    now.next === '' ? '' : `Next: ${now.next}`,
  ]
    .filter(Boolean)
    .join('\n\n');
}
