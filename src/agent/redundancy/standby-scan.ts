import type { ScanInput } from '../../contract/gateway-activities.ts';
import { SyncError } from '../../domain/errors.ts';
import { isStandby } from '../../domain/redundancy/node.ts';
import { replicates } from '../../domain/redundancy/replicates.ts';
import type { Doing } from '../ports.ts';
import { readNode } from './node.ts';
import { prove } from '../proof/prove.ts';
import { askedFor, claimsFor, scanGateway, type Scanned, type ScanWith, type Transition } from '../scan.ts';
import type { Scans } from '../state.ts';

/** Milliseconds for which a standby that does not show what it has is asked again. */
const SETTLE_MS = 1_000;

/** Scans a gateway as what it is in its pair, and says what that is when the scan has ended. */
export async function scanAs(make: ScanWith, { redundancy }: ScanInput, scans: Scans, change: Transition, doing: Doing): Promise<Scanned> {
  if (!redundancy) return scanGateway(make, scans, change, doing);
  const standby = redundancy.as === 'standby' || (redundancy.as === undefined && isStandby(await readNode(make.client, doing.signal)));
  const own = standby && redundancy.unreplicated === undefined ? { ...scans, projects: false, newProject: false } : scans;
  const scanned = standby ? await scanStandby(make, own, change, redundancy.peer, doing) : await scanGateway(make, own, change, doing);
  return { ...scanned, node: await readNode(make.client, doing.signal) };
}

/**
 * What can be shown on the node of a pair that is not in charge. What does not replicate was written there, so it is scanned and proved as
 * anywhere. What replicates is there as files, which was proved before; whether the gateway also serves it is asked, and no fault if not: it
 * runs nothing of it until it takes over.
 * @throws SyncError as `scanGateway`, for what does not replicate
 */
async function scanStandby(make: ScanWith, scans: Scans, change: Transition, peer: string, doing: Doing): Promise<Scanned> {
  const part = (keep: (path: string) => boolean): Transition => ({ before: change.before.part(keep), live: change.live.part(keep) });
  const own = part((path) => !replicates(path));
  const wrote = own.before.differences(own.live).next().done !== true;
  const scanned = wrote || scans.config || scans.projects ? await scanGateway(make, scans, own, doing) : undefined;
  const doubts: string[] = [];
  if (scanned && scanned.outcome !== 'Loaded' && wrote) doubts.push(scanned.message);
  doubts.push(...(await doubtsAbout(make, part(replicates), doing)));
  const has = `Standby of ${peer}: it has every file of this commit`;
  const result = { scanMs: scanned?.scanMs ?? 0, told: scanned?.told ?? true };
  if (doubts.length === 0) return { outcome: 'Loaded', message: `${has}, and serves what was changed.`, ...result };
  return { outcome: 'AppliedUnverified', message: `${has}, and loads it when it takes over. ${doubts.slice(0, 2).join('. ')}`, ...result };
}

async function doubtsAbout(make: ScanWith, replicated: Transition, doing: Doing): Promise<readonly string[]> {
  if ((await make.client.state(doing.signal)) !== 'Running') return ['The gateway does not run now'];
  const { claims, files } = claimsFor(make.volume, askedFor(replicated));
  if (files === 0) return [];
  try {
    const { proved, doubts } = await prove({ ...make, since: undefined, settleMs: SETTLE_MS }, claims, doing);
    return proved === 0 && doubts.length === 0 ? ['It cannot be asked for anything of it'] : doubts;
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    return [error.message];
  }
}
