import { parseArgs } from 'node:util';
import { engine } from './engine.ts';
import { latency } from './latency.ts';
import { type Case, printCases } from './report.ts';
import { source } from './source.ts';

/** Benchmarks: figures to compare, never asserted. Each runs its peer in the same run, and says the ratio. */
const BENCHES: Readonly<Record<string, (options: { runs: number }) => Promise<Case[]>>> = { engine, latency, source };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    runs: { type: 'string', default: '20' },
    help: { type: 'boolean', default: false },
  },
});
const [name = ''] = positionals;
const bench = BENCHES[name];
if (values.help || !bench) {
  console.log(
    `npm run bench -- NAME [--runs N] [--json]\n\n  engine    what a gateway's agent costs, by size of tree and of change\n  latency   from git push to live on three gateways, step by step\n  source    what a push costs the git host, and how soon it is known\n\n--json ends with one JSON line per case.`,
  );
  process.exitCode = values.help ? 0 : 64;
} else {
  printCases(await bench({ runs: Number(values.runs) }), values.json);
}
