import type { Command } from 'commander';
import { addDoctor } from './doctor.ts';
import { addInspect } from './inspect.ts';
import { addPlan } from './plan.ts';
import { addSidecar } from './sidecar.ts';
import { addSnapshots } from './snapshots.ts';

/** The commands for people. */
export function addCommands(program: Command): void {
  addDoctor(program);
  addInspect(program);
  addPlan(program);
  addSidecar(program);
  addSnapshots(program);
}
