import { readFileSync } from 'node:fs';
import { gateway, Workbench } from './workbench.ts';

/** What the child process of a test of many files is told. */
export interface PlanningOrder {
  readonly repo: string;
  /** How often it is planned anew. */
  readonly times: number;
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

const { repo, times } = JSON.parse(process.argv[2] ?? '') as PlanningOrder;
using bench = new Workbench();
await bench.opened;
globalThis.gc?.();
const before = inStatus('VmRSS');
let added = 0;
for (let n = 0; n < times; n += 1)
  added = (await bench.plan({ repo }, [gateway(`a${n}`, [{ source: 'projects', destination: 'projects' }])])).files.added;
const most = inStatus('VmHWM');
globalThis.gc?.();
process.stdout.write(JSON.stringify({ added, before, most, after: inStatus('VmRSS') } satisfies PlanningReport));
