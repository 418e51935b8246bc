import { SyncError } from '../domain/errors.ts';

const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** Thrown when a folder on the way to a path is not a folder: never followed, never replaced. */
export class Blocked extends Error {
  readonly at: string;
  readonly by: 'file' | 'link' | 'special';
  constructor(at: string, by: 'file' | 'link' | 'special') {
    super(`${at} is a ${by}, not a folder`);
    this.at = at;
    this.by = by;
  }
}

/** Whether a thrown value is the operating system's word on a file operation. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('syscall' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The system's error with the path that people know in place of the one that the call was made with. */
export function naming(error: unknown, place: string, path: string): unknown {
  if (error instanceof Error) error.message = error.message.replace(`'${place}'`, () => `'${path}'`);
  return error;
}

/** What the C libraries call the errors of a disk that does not take what was written. */
const SAID: Readonly<Record<string, string>> = {
  'No space left on device': 'ENOSPC',
  'Disk quota exceeded': 'EDQUOT',
  'Quota exceeded': 'EDQUOT',
  'Input/output error': 'EIO',
  'I/O error': 'EIO',
};

/**
 * The disk's own word in what the program `sync` failed with, as an error of the operating system. It is told once only: a later flush of the
 * same files would succeed, without them being durable.
 * @returns undefined when it did not speak of the disk
 */
export function flushFault(error: unknown): Error | undefined {
  const said = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr).trim() : '';
  const code = Object.entries(SAID).find(([words]) => said.endsWith(words))?.[1];
  return code === undefined ? undefined : Object.assign(new Error(`${code}: ${said}`), { code, syscall: 'syncfs' });
}

/** What any thrown value says. */
export function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}

/** A failed file operation as a fault with a name; every other thrown value unchanged. */
export function asVolumeFault(error: unknown, doing: string): unknown {
  if (error instanceof Blocked) {
    return new SyncError(
      error.by === 'link' ? 'LinkInTheWay' : 'InTheWay',
      `${error.at} became a ${error.by} while ${doing}: it is not followed and not replaced.`,
      { cause: error },
    );
  }
  const code = errnoOf(error);
  if (code === undefined || error instanceof SyncError) return error;
  const said = messageOf(error);
  if (FULL.has(code)) {
    return new SyncError('InsufficientSpace', `The gateway's volume is full while ${doing}: ${said}. Make room on it.`, { cause: error });
  }
  return new SyncError(
    'VolumeFailed',
    `The gateway's volume failed while ${doing}: ${said}. Check that it is mounted writable for this user.`,
    {
      cause: error,
    },
  );
}

/** Runs file operations and names their failures after what was being done. */
export async function onVolume<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asVolumeFault(error, doing);
  }
}
