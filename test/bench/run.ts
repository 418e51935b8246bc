import { exitCodeOf, optionsOf, wholeNumber } from '../../temporal-dev/usage.ts';
import { engine } from './engine.ts';
import { latency } from './latency.ts';
import { type Case, printCases } from './report.ts';
import { source } from './source.ts';

/** Benchmarks: figures to compare, never asserted. Each runs its peer in the same run, and says the ratio. */
const BENCHES: Readonly<Record<string, (options: { runs: number }) => Promise<Case[]>>> = { engine, latency, source };

const HELP = `npm run bench -- NAME [--runs N] [--json]

  engine    what a gateway's agent costs, by size of tree and of change
  latency   from git push to live on three gateways, step by step
  source    what a push costs the git host, and how soon it is known

--json ends with one JSON line per case.`;

async function run(): Promise<number> {
  const { values, positionals } = optionsOf(
    {
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        runs: { type: 'string', default: '20' },
        help: { type: 'boolean', default: false },
      },
    },
    HELP,
  );
  const [name = ''] = positionals;
  const bench = BENCHES[name];
  if (values.help || !bench) {
    console.log(HELP);
    return values.help ? 0 : 64;
  }
  printCases(await bench({ runs: wholeNumber('--runs', values.runs, 1, 1_000_000) }), values.json);
  return 0;
}

process.exitCode = await run().catch(exitCodeOf);
