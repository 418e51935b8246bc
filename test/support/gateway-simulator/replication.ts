import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Gateway } from './gateway.ts';

/** How a node of a pair brings its files to the other. */
export interface Replication {
  /** The other node's data directory. */
  readonly peerDataDir: string;
  /** Tells the other node that its files have changed. */
  readonly reloadPeer: () => void | Promise<void>;
  /** False: nothing comes over, as with a broken connection. */
  on: boolean;
  /** Milliseconds from the end of a scan until the files are there. */
  delayMs: number;
  /** Whose files go to the other: always the master's, or those of who is active. Unknown [facts 9.8]. */
  from: 'master' | 'active';
}

/** After a scan of this node: its files go to the other, if they are the ones that do. */
export async function replicate(gateway: Gateway): Promise<void> {
  const { replication, redundancy } = gateway;
  const goes = (): boolean =>
    replication?.on === true && (replication.from === 'active' ? redundancy.activityLevel === 'Active' : redundancy.role === 'Master');
  if (!replication || !goes()) return;
  if (replication.delayMs > 0) await sleep(replication.delayMs, undefined, { ref: false });
  if (!goes()) return;
  bringOver(gateway.dataDir, replication.peerDataDir);
  redundancy.lastSyncTimestamp = Date.now();
  await replication.reloadPeer();
}

/** What the other node does when files have come: it loads them. */
export function receive(gateway: Gateway): void {
  gateway.engine.boot();
  gateway.guarded.remember();
  gateway.redundancy.projectState = 'Good';
  gateway.redundancy.lastSyncTimestamp = Date.now();
}

/** Projects, core and the modes become the same on both; external, local and what begins with a dot stays [facts 2.1]. */
export function bringOver(from: string, to: string): void {
  for (const folder of ['projects', 'config/resources']) {
    const kept = (name: string): boolean => name.startsWith('.') || (folder !== 'projects' && ['external', 'local'].includes(name));
    for (const name of new Set([...namesIn(join(from, folder)), ...namesIn(join(to, folder))]))
      if (!kept(name)) same(join(from, folder, name), join(to, folder, name));
  }
}

function same(from: string, to: string): void {
  if (!existsSync(from)) {
    rmSync(to, { recursive: true, force: true });
    return;
  }
  if (lstatSync(from).isDirectory()) {
    if (existsSync(to) && !lstatSync(to).isDirectory()) rmSync(to);
    mkdirSync(to, { recursive: true });
    for (const name of new Set([...namesIn(from), ...namesIn(to)])) same(join(from, name), join(to, name));
    return;
  }
  const bytes = readFileSync(from);
  if (existsSync(to) && lstatSync(to).isFile() && readFileSync(to).equals(bytes)) return;
  rmSync(to, { recursive: true, force: true });
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, bytes);
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
