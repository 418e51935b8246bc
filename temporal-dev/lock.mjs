import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const HEARTBEAT_MS = 1_000;
const STALE_MS = 10_000;

/**
 * Takes the lock without waiting. The owner touches the file every second; a lock that nobody touched for ten seconds
 * belonged to a process that died, and is taken over (a process id would mean nothing in another container on the same cache).
 * @param {string} file
 * @returns {(() => void) | undefined} gives the lock back; undefined while somebody else holds it
 */
export function tryLock(file) {
  const mine = randomUUID();
  mkdirSync(dirname(file), { recursive: true });
  if (!create(file, mine)) {
    if (age(file) < STALE_MS) return undefined;
    const grave = `${file}.${mine}`;
    try {
      renameSync(file, grave);
    } catch {
      return undefined;
    }
    rmSync(grave, { force: true });
    if (!create(file, mine)) return undefined;
  }
  const heartbeat = setInterval(() => touch(file), HEARTBEAT_MS);
  heartbeat.unref();
  return () => {
    clearInterval(heartbeat);
    if (owner(file) === mine) rmSync(file, { force: true });
  };
}

/**
 * Takes the lock, waiting for its owner as long as it lives.
 * @param {string} file
 * @param {() => void} [onWait] called once when somebody else holds it
 * @returns {Promise<() => void>}
 */
export async function lock(file, onWait) {
  for (let first = true; ; first = false) {
    const unlock = tryLock(file);
    if (unlock) return unlock;
    if (first) onWait?.();
    await sleep(200);
  }
}

function create(file, content) {
  try {
    writeFileSync(file, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function age(file) {
  try {
    return Date.now() - statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}

function touch(file) {
  try {
    const now = new Date();
    utimesSync(file, now, now);
  } catch {
    // Gone with its folder: there is nothing left to hold.
  }
}

function owner(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
