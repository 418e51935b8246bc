import { setTimeout as sleep } from 'node:timers/promises';
import { SyncError } from '../../domain/errors.ts';
import { count } from '../../domain/plan/text.ts';
import type { Claims, TagsClaim } from '../../domain/proof/claims.ts';
import { complaintAbout } from '../../domain/proof/complaints.ts';
import { makeFolders } from '../durable.ts';
import type { Clock, Doing } from '../ports.ts';
import { proveProject } from './project.ts';
import { proveResource } from './resource.ts';
import { proveTags } from './tags.ts';
import { PROVED, doubt, readJson, type ProvingWith, type Verdict } from './verdict.ts';

const SETTLE_LOOK_MS = 250;
/** Everything together; what is not compared by then is said to be unproved. */
const PROOF_MS = 60_000;
/** Lines of the log that are looked at. */
const LINES = 200;

/** What could be shown: how much was compared, and what speaks against it all being loaded, in words. */
export interface Proof {
  readonly proved: number;
  readonly doubts: readonly string[];
}

interface Prove extends Omit<ProvingWith, 'signal'> {
  readonly clock: Clock;
  /** Since when the gateway's log is of interest, epoch milliseconds by its own clock; undefined when that is not known. */
  readonly since: number | undefined;
  /** Milliseconds for which what is wrong is looked at again. */
  readonly settleMs: number;
}

/**
 * Asks the gateway for everything that was changed, and compares. A fault in asking is a doubt: the scan itself went well.
 * @throws SyncError ScanFailed when the gateway shows, or says in its log, that it does not run what was written
 */
export async function prove(make: Prove, claims: Claims, doing: Doing): Promise<Proof> {
  makeFolders(make.volume, make.scratch);
  const start = make.clock.monotonicMs();
  const spent = (): number => make.clock.monotonicMs() - start;
  const complain = async (): Promise<void> => {
    const complaint = complaintAbout(claims, await linesSince(make, doing));
    if (complaint) throw new SyncError('ScanFailed', `The gateway did not load ${complaint.resource}. It says: ${complaint.words}`);
  };
  await complain();
  const doubts: string[] = [];
  let proved = 0;
  for (const look of await looksAt({ ...make, signal: doing.signal }, claims)) {
    doing.onProgress({ doing: 'scanning' });
    if (spent() > PROOF_MS) {
      doubts.push(`only ${count(proved, 'part')} of the change could be compared in time`);
      break;
    }
    const verdict = await settled(look, () => spent() >= make.settleMs, doing);
    if (verdict.is === 'wrong') {
      await complain(); // the gateway's words are better than ours
      throw new SyncError('ScanFailed', `The gateway has scanned its files, but ${verdict.why}. Look at the gateway's log.`);
    }
    if (verdict.is === 'proved') proved += 1;
    else doubts.push(verdict.why);
  }
  for (const path of claims.unseen) doubts.push(`no gateway shows ${path}`);
  return { proved, doubts };
}

type Look = () => Promise<Verdict>;

async function looksAt(make: ProvingWith, claims: Claims): Promise<Look[]> {
  const active = claims.resources.length + claims.tags.length === 0 ? new Set<string>() : await activeCollections(make);
  const providers = new Map<string, TagsClaim[]>();
  for (const claim of claims.tags) providers.set(claim.provider, [...(providers.get(claim.provider) ?? []), claim]);
  return [
    ...claims.modes.map((mode) => () => proveMode(make, mode)),
    ...claims.resources.map((claim) => () => proveResource(make, claim, active)),
    ...[...providers].map(
      ([provider, of]) =>
        () =>
          proveTags(make, provider, of, active),
    ),
    ...claims.projects.map((claim) => () => proveProject(make, claim)),
  ];
}

/** Collections that this gateway surely runs on. One of core hides the same in external, so external is not among them. */
async function activeCollections({ client, signal }: ProvingWith): Promise<Set<string>> {
  try {
    const { deploymentMode = '' } = await client.gatewayInfo(signal);
    return new Set(['core', deploymentMode]);
  } catch (error) {
    if (error instanceof SyncError) return new Set();
    throw error;
  }
}

async function proveMode({ client, volume, signal }: ProvingWith, mode: string): Promise<Verdict> {
  const title = (await client.modes(signal)).get(mode);
  if (title === undefined) return doubt(`the gateway does not list the deployment mode ${mode}`);
  const written = readJson(volume, `config/resources/${mode}/config-mode.json`) as { title?: unknown } | undefined;
  return title === (written?.title ?? '') ? PROVED : doubt(`the gateway shows the deployment mode ${mode} with another title`);
}

/** Looks again for a while at what is wrong. */
async function settled(look: Look, isOver: () => boolean, doing: Doing): Promise<Verdict> {
  for (;;) {
    let verdict: Verdict;
    try {
      verdict = await look();
    } catch (error) {
      doing.signal.throwIfAborted();
      if (!(error instanceof SyncError)) throw error;
      return doubt(`the gateway could not be asked what it serves: ${error.message}`);
    }
    if (verdict.is !== 'wrong' || isOver()) return verdict;
    await sleep(SETTLE_LOOK_MS, undefined, { signal: doing.signal });
    doing.onProgress({ doing: 'scanning' });
  }
}

async function linesSince(
  { client, since }: Prove,
  { signal }: Doing,
): Promise<readonly { readonly message?: string | null | undefined }[]> {
  if (since === undefined) return [];
  try {
    return await client.complaintsSince(since, LINES, signal);
  } catch (error) {
    if (error instanceof SyncError) return [];
    throw error;
  }
}
