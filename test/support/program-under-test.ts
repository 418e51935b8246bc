import type { InstallationOptions } from '../../temporal-dev/install/installation.ts';

/** The environment variable with the command that starts the product, a JSON list, where something else than these sources is under test. */
export const PROGRAM_UNDER_TEST = 'IGNITION_SYNC_TEST_PROGRAM';

export function programUnderTest(): Pick<InstallationOptions, 'program'> {
  const named = process.env[PROGRAM_UNDER_TEST];
  return named === undefined ? {} : { program: JSON.parse(named) as [string, ...string[]] };
}
