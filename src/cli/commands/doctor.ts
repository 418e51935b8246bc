import { type Command, InvalidArgumentError } from 'commander';
import type { Report } from '../doctor/examine.ts';

interface Options {
  readonly keyFile?: string;
  readonly caFile?: string;
  readonly insecure?: boolean;
  readonly tryScan?: boolean;
  readonly timeout: number;
  readonly json?: boolean;
}

const HELP = `
Looks on a live gateway at what ignition-sync takes for granted of every gateway, line by line: docs/gateway-behaviour.md.
It reads only. With --try-scan it also takes the lock of the configuration for some seconds and asks for its scan, which loads what is in
the gateway's files anyway. It changes no file, and asks for no restart.

  ok        it is as assumed
  differs   it is not; the line after it says what that means
  unknown   it could not be looked at on this gateway, or cannot be from outside

Exit codes: 0 nothing differs, 1 something differs, 2 the gateway cannot be asked: it does not answer, is not up yet, or there is no key
that it lets read. Then the last line says what to do.

  ignition-sync doctor https://gateway.plant:8043 --key-file ./api-key --ca-file ./ca.pem`;

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
export function reportText({ gateway, state, lines }: Report): string {
  if (lines.length === 0) return '';
  const text = lines.flatMap(({ id, verdict, assumption, found, means }) => [
    `${verdict.padEnd(8)} ${id.padEnd(4)} ${assumption}: ${found}`,
    ...(means ? [`${' '.repeat(14)}means: ${means}`] : []),
  ]);
  const of = (verdict: string): number => lines.filter((line) => line.verdict === verdict).length;
  return `${gateway} is ${state.toLowerCase()}\n\n${text.join('\n')}\n\n${of('ok')} ok, ${of('differs')} differ, ${of('unknown')} unknown\n`;
}

/** 0 nothing differs, 1 something does, 2 the gateway cannot be asked. */
export function exitCode({ cannotBeAsked, lines }: Report): number {
  if (cannotBeAsked !== undefined) return 2;
  return lines.some(({ verdict }) => verdict === 'differs') ? 1 : 0;
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
    .option('--json', 'print the report as JSON')
    .addHelpText('after', HELP)
    .action(async (url: URL, options: Options) => {
      try {
        const report = await examined(url, options);
        process.stdout.write(options.json === true ? `${JSON.stringify(report, undefined, 2)}\n` : reportText(report));
        if (report.cannotBeAsked !== undefined) console.error(`${report.gateway} cannot be asked: ${report.cannotBeAsked}.`);
        process.exitCode = exitCode(report);
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
