import { existsSync, statSync } from 'node:fs';
import { UsageError, optionsOf, wholeNumber } from '../usage.ts';

/** What `npm start` was asked for. */
export interface StartOptions {
  /** A repository of the user's instead of the example plant. */
  readonly repo?: string;
  readonly ref: string;
  readonly gateways: number;
  /** Kept folder; a temporary one without it. */
  readonly dir?: string;
}

export const HELP = `npm start [-- options]

Starts Temporal, Kubernetes, a git server and ignition-sync on this machine, with simulated Ignition gateways, and shows them until Ctrl-C.

  --repo URL|path   sync this repository or git bundle instead of the example plant: everything in it that may be synced, onto
                    every gateway
  --ref REF         branch, tag or commit of it (default: main)
  --gateways N      how many gateways, 1 to 20 (default: 3)
  --dir FOLDER      keep everything in this folder for the next start (default: a temporary folder)
  --help            this text
`;

/** @throws UsageError that says which option is wrong. Undefined when help was asked for. */
export function parseOptions(args: readonly string[]): StartOptions | undefined {
  const { values } = optionsOf(
    {
      args: [...args],
      options: {
        repo: { type: 'string' },
        ref: { type: 'string', default: 'main' },
        gateways: { type: 'string', default: '3' },
        dir: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    },
    HELP,
  );
  if (values.help === true) return undefined;
  const gateways = wholeNumber('--gateways', values.gateways, 1, 20);
  if (values.repo === undefined && (values.ref !== 'main' || gateways !== 3))
    throw new UsageError('--ref and --gateways go with --repo: the example plant has its own.');
  if (values.repo !== undefined && !existsSync(values.repo) && !/^[a-z]+:\/\/|^[^/]+@[^/]+:/.test(values.repo))
    throw new UsageError(`--repo ${values.repo}: there is no such folder or file, and it is no URL.`);
  if (values.dir !== undefined && statSync(values.dir, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new UsageError(`--dir ${values.dir} is a file: name a folder, or one that is to be made.`);
  return {
    ref: values.ref,
    gateways,
    ...(values.repo === undefined ? {} : { repo: values.repo }),
    ...(values.dir === undefined ? {} : { dir: values.dir }),
  };
}
