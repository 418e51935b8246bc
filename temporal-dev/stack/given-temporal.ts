import { SEARCH_ATTRIBUTES } from '../../src/contract/names.ts';
import { binaryPath } from '../binaries/binaries.ts';
import { StackError } from '../failure.ts';
import type { PartContext } from './part.ts';
import type { TemporalAddress } from './parts.ts';
import { runTool } from './tool.ts';

/** The Temporal server that the environment names instead of one of ours: IGNITION_SYNC_TEMPORAL_ADDRESS, and its UI. */
export function givenTemporal(env: NodeJS.ProcessEnv): TemporalAddress | undefined {
  const address = env.IGNITION_SYNC_TEMPORAL_ADDRESS;
  if (!address) return undefined;
  const host = address.slice(0, address.lastIndexOf(':'));
  return { address, uiUrl: env.IGNITION_SYNC_TEMPORAL_UI_URL ?? `http://${host}:8233` };
}

/**
 * Makes a server that is not ours know our Search Attributes.
 * @throws StackError when it does not answer or refuses them.
 */
export async function adoptTemporal({ binaries, env }: PartContext, at: TemporalAddress): Promise<TemporalAddress> {
  const cli = (...args: string[]): Promise<string> =>
    runTool(
      binaryPath(binaries, 'temporal'),
      ['operator', 'search-attribute', ...args, '--address', at.address, '--command-timeout', '10s'],
      env,
    );
  try {
    const known = await cli('list');
    for (const [name, type] of Object.entries(SEARCH_ATTRIBUTES)) {
      if (!new RegExp(`^\\s*${name}\\s`, 'm').test(known)) await cli('create', '--name', name, '--type', type);
    }
  } catch (error) {
    throw new StackError(`The Temporal server at ${at.address} (IGNITION_SYNC_TEMPORAL_ADDRESS) cannot be used: ${String(error)}`, {
      cause: error,
    });
  }
  return at;
}
