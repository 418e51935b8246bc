import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { VolumeReport } from '../../agent/inspection.ts';
import { describeVolume } from '../describe-volume.ts';

interface Options {
  readonly data: string;
  readonly thorough?: boolean;
  readonly json?: boolean;
}

/** The place of the data directory in the official image. */
export const DATA_DIR = '/usr/local/bin/ignition/data';

export function addInspect(program: Command): void {
  program
    .command('inspect')
    .description('say what is live on the gateway whose data directory is here, and how its files differ from that; changes nothing')
    .option('--data <folder>', 'data directory of the gateway', process.env['DATA_DIR'] ?? DATA_DIR)
    .option('--thorough', 'read every file, instead of only those whose size, time or inode changed since the last look')
    .option('--json', 'print everything as JSON')
    .addHelpText(
      'after',
      '\nIn a pod: kubectl exec POD -c ignition-sync-agent -- node /app/src/main.js inspect\n' +
        'Exit code: 0 the files are those of the commit that is live, 1 they differ or a change is unfinished, 2 the volume cannot be read.',
    )
    .action(async ({ data, thorough = false, json = false }: Options) => {
      // Loaded only when it is needed: every process comes through here.
      const { inspectVolume } = await import('../../agent/inspection.ts');
      try {
        if (!existsSync(data)) throw new Error(`There is no folder ${data}: name the gateway's data directory.`);
        const report = await inspectVolume(data, thorough ? 'thorough' : 'fast');
        process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : describeVolume(report));
        process.exitCode = isAsItShallBe(report) ? 0 : 1;
      } catch (error) {
        console.error(error instanceof Error ? error.message : error);
        process.exitCode = 2;
      }
    });
}

function isAsItShallBe({ interrupted, drift }: VolumeReport): boolean {
  return interrupted === undefined && (drift === undefined || drift.changed.count + drift.missing.count + drift.foreign.count === 0);
}
