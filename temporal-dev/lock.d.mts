/** Takes the lock without waiting; the result gives it back, undefined while a living process holds it. */
export function tryLock(file: string): (() => void) | undefined;

/** Takes the lock, waiting for its owner as long as it lives; `onWait` is called once when there is one. */
export function lock(file: string, onWait?: () => void): Promise<() => void>;
