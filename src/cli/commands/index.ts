import type { Command } from 'commander';
import { addSidecar } from './sidecar.ts';

/** The commands for people. */
export function addCommands(program: Command): void {
  addSidecar(program);
}
