import { exitCodeOf, optionsOf, wholeNumber } from '../../temporal-dev/usage.ts';
import { crash } from './harness.ts';

const HELP =
  'npm run crash -- [--points N] [--seed S]\n\nKills the agent at N random moments of random changes, and checks what the next start makes of it.';

/** `npm run crash`: as many kills as you like; a seed plays a failure again. */
async function run(): Promise<number> {
  const { values } = optionsOf(
    {
      options: {
        points: { type: 'string', default: '300' },
        seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
        help: { type: 'boolean', default: false },
      },
    },
    HELP,
  );
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const points = wholeNumber('--points', values.points, 1, 1_000_000);
  const seed = wholeNumber('--seed', values.seed, 0, 2 ** 31 - 1);
  console.log(`seed ${seed}`);
  const { killed, late, complaints } = await crash({ points, seed }, (line) => process.stderr.write(`\r${line}  `));
  process.stderr.write('\n');
  for (const complaint of complaints) console.log(complaint);
  console.log(`${killed} kills in the middle of the work, ${late} after its end: ${complaints.length} complaints`);
  return complaints.length === 0 ? 0 : 1;
}

process.exitCode = await run().catch(exitCodeOf);
