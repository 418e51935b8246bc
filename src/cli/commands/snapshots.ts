import { once } from 'node:events';
import type { Command } from 'commander';
import type { KeptSet } from '../../agent/kept-files.ts';
import { NO_MANIFEST } from '../../domain/manifest.ts';
import { formatRevision } from '../../domain/revision.ts';
import { DATA_DIR } from './inspect.ts';

interface Options {
  readonly data: string;
  readonly to?: string;
  readonly path?: string[];
  readonly print?: boolean;
  readonly json?: boolean;
}

const HELP = `
  ignition-sync snapshots                                        what is kept, newest first
  ignition-sync snapshots 3f2a                                   the files in one; the beginning of a name will do
  ignition-sync snapshots 3f2a --to /tmp/before                  copy them to a new folder
  ignition-sync snapshots 3f2a --path projects/area --to /tmp/x  only these
  ignition-sync snapshots 3f2a --path projects/area/project.json --print

In a pod: kubectl exec POD -c ignition-sync-agent -- node /app/src/main.js snapshots NAME --path FILE --print > FILE
The volume is only read. late-… is what people saved while a change was interrupted.
Exit code: 0; 1 when a file could not be copied as it was saved; 2 when nothing could be.`;

export function addSnapshots(program: Command): void {
  program
    .command('snapshots')
    .description('list the snapshots of the gateway whose data directory is here, and get files back out of one; changes nothing')
    .argument('[name]', 'of a snapshot, or its beginning')
    .option('--data <folder>', 'data directory of the gateway', process.env['DATA_DIR'] ?? DATA_DIR)
    .option('--to <folder>', 'copy its files to this new folder, outside the data directory')
    .option('--path <paths...>', 'only these files, or folders with all below')
    .option('--print', 'write the content of the one file that --path names to standard output')
    .option('--json', 'print lists as JSON')
    .addHelpText('after', HELP)
    .action(async (name: string | undefined, options: Options) => {
      try {
        process.exitCode = await (name === undefined ? list(options) : look(name, options));
      } catch (error) {
        console.error(error instanceof Error ? error.message : error);
        process.exitCode = 2;
      }
    });
}

async function list({ data, to, path, print, json = false }: Options): Promise<number> {
  if (to !== undefined || path !== undefined || print === true) throw new Error('Name a snapshot first: without a name they are listed.');
  const { listKept } = await import('../take-out.ts');
  const sets = await listKept(data);
  if (json) process.stdout.write(`${JSON.stringify(sets, null, 2)}\n`);
  else process.stdout.write(sets.length === 0 ? `There is no snapshot in ${data}.\n` : sets.map(describe).join(''));
  return 0;
}

function describe({ name, kind, before, manifest, revision, bytes }: KeptSet): string {
  if (kind === 'late') return `${name}  what people saved while a change was interrupted\n`;
  const noted = revision ? formatRevision(revision.ref, revision.commit) : 'a commit that was not noted';
  const live = manifest === NO_MANIFEST ? 'what was before the first sync' : noted;
  return `${name}  ${live}, before ${before ?? ''}${bytes === undefined ? '' : `: ${bytes} bytes`}\n`;
}

async function look(name: string, { data, to, path, print = false, json = false }: Options): Promise<number> {
  const { keptFiles, printOut, takeOut } = await import('../take-out.ts');
  const asked = { name, ...(path && { paths: path }) };
  if (print && to !== undefined) throw new Error('--print and --to exclude each other.');
  if (print) {
    await printOut(data, asked, async (piece) => {
      if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
    });
    return 0;
  }
  if (to === undefined) {
    const files = await keptFiles(data, asked);
    const lines = files.map(({ path: file, kept }) => (kept === undefined ? `${file}  (was not there)` : file));
    process.stdout.write(json ? `${JSON.stringify(files, null, 2)}\n` : `${lines.join('\n')}\n`);
    return 0;
  }
  let [copied, wrong] = [0, 0];
  await takeOut(data, asked, to, (file, end) => {
    if (end !== 'lost') copied += 1;
    if (end === 'copied') return;
    wrong += 1;
    console.error(
      end === 'lost'
        ? `${file.path}: its kept content is not there any more`
        : `${file.path}: copied, but it was edited since it was saved: the gateway had it open under its other name`,
    );
  });
  process.stdout.write(`${copied} file${copied === 1 ? '' : 's'} copied to ${to}\n`);
  return wrong === 0 ? 0 : 1;
}
