import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Line, Report } from '../doctor/examine.ts';

interface Options {
  readonly keyFile?: string;
  readonly caFile?: string;
  readonly insecure?: boolean;
  readonly tryScan?: boolean;
  readonly timeout: number;
  readonly json?: boolean;
  readonly temporal?: string;
  readonly temporalNamespace: string;
  readonly temporalTls?: boolean;
  readonly temporalApiKeyFile?: string;
}

const HELP = `
Looks on a live gateway at what ignition-sync takes for granted of every gateway, line by line: docs/gateway-behaviour.md.
It reads only. With --try-scan it also takes the lock of the configuration for some seconds and asks for its scan, which loads what is in
the gateway's files anyway. It changes no file, and asks for no restart.

With --temporal it also says whether Temporal is reached, and how long one call takes: T1. In the container of an agent its own settings are
taken, so there it looks at that agent's way.

  ok        it is as assumed
  differs   it is not; the line after it says what that means
  unknown   it could not be looked at on this gateway, or cannot be from outside

Exit codes: 0 nothing differs, 1 something differs, 2 the gateway cannot be asked: it does not answer, is not up yet, or there is no key
that it lets read, or the command line is wrong. Then the last line says what to do.

  ignition-sync doctor https://gateway.plant:8043 --key-file ./api-key --ca-file ./ca.pem
  ignition-sync doctor http://gateway.plant:8088 --key-file ./api-key --temporal temporal-frontend.temporal.svc:7233`;

function addressOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.username !== '')
    throw new InvalidArgumentError('give its address, such as https://gateway.plant:8043, and the key with --key-file.');
  return url;
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 300) throw new InvalidArgumentError('give whole seconds from 1 to 300.');
  return seconds;
}

/** A report for people: a line for each assumption, and how many there are of each kind. */
export function reportText({ gateway, state, lines, temporal }: Report): string {
  const all = [...lines, ...(temporal ? [temporal] : [])];
  if (all.length === 0) return '';
  const text = all.flatMap(({ id, verdict, assumption, found, means }) => [
    `${verdict.padEnd(8)} ${id.padEnd(4)} ${assumption}: ${found}`,
    ...(means ? [`${' '.repeat(14)}means: ${means}`] : []),
  ]);
  const of = (verdict: string): number => all.filter((line) => line.verdict === verdict).length;
  return `${gateway} is ${state.toLowerCase()}\n\n${text.join('\n')}\n\n${of('ok')} ok, ${of('differs')} differ, ${of('unknown')} unknown\n`;
}

/** 0 nothing differs, 1 something does, 2 the gateway cannot be asked. */
export function exitCode({ cannotBeAsked, lines, temporal }: Report): number {
  if (cannotBeAsked !== undefined) return 2;
  return [...lines, ...(temporal ? [temporal] : [])].some(({ verdict }) => verdict === 'differs') ? 1 : 0;
}

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('look on a live gateway at what ignition-sync takes for granted of gateways')
    .argument('<gateway>', 'its address, such as https://gateway.plant:8043', addressOf)
    .option('--key-file <path>', 'file with an API key, name:secret; it needs read permission, with --try-scan write permission')
    .option('--ca-file <path>', 'file with the certificates to trust, PEM')
    .option('--insecure', 'accept any certificate; for a gateway on this machine only')
    .option('--try-scan', 'also take the lock of the configuration for some seconds and ask for its scan')
    .option('--timeout <seconds>', 'for one call, and for the scan', secondsOf, 10)
    .addOption(new Option('--temporal <host:port>', 'also look whether Temporal is reached there').env('TEMPORAL_ADDRESS'))
    .addOption(new Option('--temporal-namespace <namespace>', 'Temporal namespace').env('TEMPORAL_NAMESPACE').default('default'))
    .addOption(new Option('--temporal-tls', 'talk TLS to Temporal'))
    .addOption(new Option('--temporal-api-key-file <path>', 'file with an API key for Temporal').env('TEMPORAL_API_KEY_FILE'))
    .option('--json', 'print the report as JSON')
    .addHelpText('after', HELP)
    .exitOverride(({ exitCode: code }) => process.exit(code === 0 ? 0 : 2))
    .action(async (url: URL, options: Options) => {
      try {
        const [gateway, temporal] = await Promise.all([examined(url, options), temporalOf(options)]);
        const report: Report = { ...gateway, ...(temporal && { temporal }) };
        const text = options.json === true ? `${JSON.stringify(report, undefined, 2)}\n` : reportText(report);
        await new Promise((resolve) => process.stdout.write(text, resolve));
        if (report.cannotBeAsked !== undefined) console.error(`${report.gateway} cannot be asked: ${report.cannotBeAsked}.`);
        process.exitCode = exitCode(report);
        if (report.temporal?.verdict === 'differs') process.exit(); // a connection that is not answered would hold it for half a minute
      } catch (error) {
        console.error(error instanceof Error ? error.message : error);
        process.exitCode = 2;
      }
    });
}

async function examined(url: URL, { keyFile, caFile, insecure, tryScan = false, timeout }: Options): Promise<Report> {
  const [{ examine }, { checkCaFile, checkKeyFile }] = await Promise.all([import('../doctor/examine.ts'), import('../doctor/files.ts')]);
  if (keyFile !== undefined) checkKeyFile(keyFile);
  if (caFile !== undefined) checkCaFile(caFile);
  const tls = url.protocol === 'https:';
  return await examine(
    {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port || (tls ? 443 : 80)),
      tls,
      timeoutMs: timeout * 1000,
      ...(keyFile !== undefined && { tokenFile: keyFile }),
      ...(caFile !== undefined && { caFile }),
      ...(insecure === true && { verifyTls: false }),
    },
    { scan: tryScan, patienceMs: timeout * 1000 },
  );
}

async function temporalOf(options: Options): Promise<Line | undefined> {
  const { temporal, temporalNamespace, temporalTls = tlsByEnvironment(), temporalApiKeyFile, timeout } = options;
  if (temporal === undefined) return undefined;
  const { lookAtTemporal } = await import('../doctor/temporal.ts');
  const way = {
    TEMPORAL_ADDRESS: temporal,
    TEMPORAL_NAMESPACE: temporalNamespace,
    TEMPORAL_TLS: temporalTls,
    TEMPORAL_API_KEY_FILE: temporalApiKeyFile,
  };
  return await lookAtTemporal(way, timeout * 1000);
}

/** Commander takes any value of a variable for a flag that was given, "false" too. */
function tlsByEnvironment(): boolean {
  return process.env['TEMPORAL_TLS'] === 'true';
}
