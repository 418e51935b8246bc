import { parseArgs } from 'node:util';
import { GatewaySimulator } from './simulator.ts';

/** Runs one simulated gateway by itself; prints `{"port":…}` when it answers, and ends on SIGTERM or SIGINT. */
const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    port: { type: 'string', default: '0' },
    name: { type: 'string' },
    'token-file': { type: 'string' },
    'scan-ms': { type: 'string', default: '20' },
  },
});
if (values.data === undefined) throw new Error('--data DIR is needed: the data directory to serve');
const simulator = await GatewaySimulator.start({
  dataDir: values.data,
  port: Number(values.port),
  name: values.name,
  tokenFile: values['token-file'],
  faults: { scanMs: Number(values['scan-ms']) },
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void simulator.stop());
process.stdout.write(`${JSON.stringify({ port: simulator.port })}\n`);
