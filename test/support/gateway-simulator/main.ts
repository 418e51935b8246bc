import { UsageError, exitCodeOf, optionsOf, wholeNumber } from '../../../temporal-dev/usage.ts';
import { GatewaySimulator } from './simulator.ts';
import type { Edition } from './gateway.ts';

const HELP = `A simulated Ignition 8.3 gateway over a real data directory. An empty directory is filled first.

  npm run gateway -- --data DIR --port N

  --data DIR         the data directory to serve
  --port N           port on 127.0.0.1; 0, the default, takes a free one, which is printed
  --name NAME        the gateway's system name
  --token-file FILE  the API key that is accepted, name:secret; without it every call is allowed
  --version TEXT     what the gateway says it is, such as '8.1.45'
  --edition NAME     standard (default), edge or maker
  --mode NAME        deployment mode
  --tls-key FILE     with --tls-cert FILE: https
  --scan-ms N        milliseconds that a scan takes; default 20
  --first-boot HOW   a new volume is not set up: 'waits' for POST /simulator/commission, or a number of milliseconds

While it runs:
  GET  /simulator/state    faults, requests, what is loaded, and damage: writes on paths that no sync may touch
  POST /simulator/faults   any part of the faults, as JSON
  POST /simulator/restart  the gateway restarts
  POST /simulator/commission   ends the first-time setup: {} or {"forgets":"until-restart"}
  POST /simulator/inheritance  where a project's resources come from: {"project":"P"}
  POST /simulator/redundancy   a node of a pair: {"role":"Backup","activityLevel":"Cold"}, with {"peer":{"dataDir":…,"url":…}} its files go there
  POST /simulator/lock     somebody holds a scan lock: {"kind":"config","seconds":30}
  POST /simulator/log      a line in its log: {"level":"ERROR","logger":"a.b","message":"…"}
`;

/** Runs one simulated gateway by itself; prints `{"port":…}` when it answers, and ends on SIGTERM or SIGINT. */
async function run(): Promise<void> {
  const { values } = optionsOf(
    {
      options: {
        help: { type: 'boolean', default: false },
        data: { type: 'string' },
        port: { type: 'string', default: '0' },
        name: { type: 'string' },
        'token-file': { type: 'string' },
        version: { type: 'string' },
        edition: { type: 'string', default: 'standard' },
        mode: { type: 'string' },
        'tls-key': { type: 'string' },
        'tls-cert': { type: 'string' },
        'scan-ms': { type: 'string', default: '20' },
        'first-boot': { type: 'string' },
      },
    },
    HELP,
  );
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (values.data === undefined) throw new UsageError('--data DIR is needed: the data directory to serve. --help shows all options.');
  if (!['standard', 'edge', 'maker'].includes(values.edition))
    throw new UsageError(`--edition ${values.edition}: standard, edge or maker.`);
  const port = wholeNumber('--port', values.port, 0, 65_535);
  const firstBoot = values['first-boot'];
  const [keyFile, certFile] = [values['tls-key'], values['tls-cert']];
  const simulator = await GatewaySimulator.start({
    dataDir: values.data,
    port,
    name: values.name,
    tokenFile: values['token-file'],
    version: values.version,
    edition: values.edition as Edition,
    mode: values.mode,
    tls: keyFile !== undefined && certFile !== undefined ? { keyFile, certFile } : undefined,
    firstBoot:
      firstBoot === undefined || firstBoot === 'waits' ? firstBoot : wholeNumber('--first-boot (or waits)', firstBoot, 0, 3_600_000),
    faults: { scanMs: wholeNumber('--scan-ms', values['scan-ms'], 0, 3_600_000) },
  }).catch((error: unknown) => {
    throw inWords(error, port, values.data ?? '');
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void simulator.stop());
  process.stdout.write(`${JSON.stringify({ port: simulator.port })}\n`);
}

/** What the system says of a port or a folder that somebody chose. */
function inWords(error: unknown, port: number, data: string): unknown {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return new UsageError(`--port ${port} is in use: choose another, or 0 for a free one.`);
  if (code === 'EACCES' || code === 'ENOTDIR' || code === 'EEXIST' || code === 'EROFS')
    return new UsageError(`--data ${data} cannot be served (${code}): it must be a folder that you may write to.`);
  return error;
}

process.exitCode = await run().then(() => 0, exitCodeOf);
