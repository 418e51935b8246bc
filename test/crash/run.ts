import { parseArgs } from 'node:util';
import { crash } from './harness.ts';

/** `npm run crash`: as many kills as you like; a seed plays a failure again. */
const { values } = parseArgs({
  options: {
    points: { type: 'string', default: '300' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(
    'npm run crash -- [--points N] [--seed S]\n\nKills the agent at N random moments of random changes, and checks what the next start makes of it.',
  );
} else {
  console.log(`seed ${values.seed}`);
  const { killed, late, complaints } = await crash({ points: Number(values.points), seed: Number(values.seed) }, (line) =>
    process.stderr.write(`\r${line}  `),
  );
  process.stderr.write('\n');
  for (const complaint of complaints) console.log(complaint);
  console.log(`${killed} kills in the middle of the work, ${late} after its end: ${complaints.length} complaints`);
  process.exitCode = complaints.length === 0 ? 0 : 1;
}
