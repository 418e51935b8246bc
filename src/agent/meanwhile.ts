import type { ApplyInput } from '../contract/gateway-activities.ts';
import { SyncError } from '../domain/errors.ts';

/** A person saves once in the moment of an apply; what saves at each of these attempts is a program. */
const ATTEMPTS = 3;

/**
 * Where git wins over local changes, what is saved in the very moment of an apply is one more of them: the comparison is made again, so that
 * the snapshot has it. Elsewhere it holds the apply at once.
 * @throws SyncError AnotherWriter when something is saved at every attempt
 */
export async function unlessSavedMeanwhile<T>({ localChanges }: ApplyInput, commit: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await commit();
    } catch (error) {
      if (localChanges !== 'overwrite' || !(error instanceof SyncError && error.reason === 'LocalChange')) throw error;
      if (attempt === ATTEMPTS)
        throw new SyncError('AnotherWriter', `Something saves there each time that we look: ${error.message}`, { cause: error });
    }
  }
}
