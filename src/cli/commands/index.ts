import type { Command } from 'commander';
import { addDoctor } from './doctor.ts';
import { addInspect } from './inspect.ts';
import { addPlan } from './plan.ts';
import { addSidecar } from './sidecar.ts';

/** The commands for people. */
export function addCommands(program: Command): void {
  addDoctor(program);
  addInspect(program);
  addPlan(program);
  addSidecar(program);
}
