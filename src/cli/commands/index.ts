import type { Command } from 'commander';
import { addDoctor } from './doctor.ts';
import { addSidecar } from './sidecar.ts';

/** The commands for people. */
export function addCommands(program: Command): void {
  addDoctor(program);
  addSidecar(program);
}
