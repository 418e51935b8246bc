import { readFileSync } from 'node:fs';
import { gateway, Workbench } from './workbench.ts';

/** What the child process of a test of many files is told. */
export interface PlanningOrder {
  readonly repo: string;
  /** What is planned, one after the other. */
  readonly refs: readonly string[];
}

/** Kilobytes: when it began, at most, and what stays when all is planned. */
export interface PlanningReport {
  readonly added: number;
  readonly before: number;
  readonly most: number;
  readonly after: number;
}

function inStatus(field: 'VmHWM' | 'VmRSS'): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0);
}

const { repo, refs } = JSON.parse(process.argv[2] ?? '') as PlanningOrder;
using bench = new Workbench();
await bench.opened;
globalThis.gc?.();
const before = inStatus('VmRSS');
let added = 0;
for (const ref of refs)
  added = (await bench.plan({ repo, ref }, [gateway(`of-${ref}`, [{ source: 'projects', destination: 'projects' }])])).files.added;
const most = inStatus('VmHWM');
globalThis.gc?.();
process.stdout.write(JSON.stringify({ added, before, most, after: inStatus('VmRSS') } satisfies PlanningReport));
