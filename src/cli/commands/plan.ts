import { type Command, InvalidArgumentError } from 'commander';

interface Options {
  readonly gateway?: string[];
  readonly json?: boolean;
}

function digestOf(text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new InvalidArgumentError('give all 64 digits: kubectl get isync NAME -o jsonpath={.status.rollout.planDigest}');
  return text;
}

const HELP = `
Reads the content store that CONTENT_STORE_DIR or CONTENT_STORE_URL names, as the source has it:
  kubectl -n ignition-sync exec deploy/ignition-sync -c source -- node /app/src/main.js plan "$(kubectl -n plant get isync plant -o jsonpath={.status.rollout.planDigest})"
Files in mirrored folders that are not ours are known to the gateway only; it lists them when it is staged.
Exit code: 0, or 2 when there is no such plan or the store cannot be read.`;

export function addPlan(program: Command): void {
  program
    .command('plan')
    .description('print every file that a plan adds, modifies or deletes, gateway by gateway; changes none')
    .argument('<digest>', 'digest of the plan: status.rollout.planDigest of the IgnitionSync', digestOf)
    .option('--gateway <names...>', 'only these gateways')
    .option('--json', 'one JSON object a line for each gateway')
    .addHelpText('after', HELP)
    .action(async (digest: string, options: Options) => {
      try {
        await printPlan(digest, options);
      } catch (error) {
        console.error(error instanceof Error ? error.message : error);
        process.exitCode = 2;
      }
    });
}

async function printPlan(digest: string, { gateway, json = false }: Options): Promise<void> {
  const [{ openStoreToRead }, { openPlan }, { describeChange, planHead }] = await Promise.all([
    import('../store-to-read.ts'),
    import('../../source/whole-plan.ts'),
    import('../describe-plan.ts'),
  ]);
  const { plan, changes } = await openPlan(await openStoreToRead(process.env), digest);
  const known = plan.gateways.map((row) => row.gateway);
  const missing = gateway?.find((name) => !known.includes(name));
  if (missing !== undefined) throw new Error(`This plan has no gateway ${missing}: it was made for ${known.join(', ')}.`);
  if (!json) process.stdout.write(planHead(digest, plan));
  for await (const change of changes(gateway)) process.stdout.write(json ? `${JSON.stringify(change)}\n` : describeChange(change));
}
