import { setTimeout as sleep } from 'node:timers/promises';
import type { IgnitionClient } from '../../clients/ignition/client.ts';
import type { IgnitionHttp } from '../../clients/ignition/http.ts';
import { type Check, type Examined, type Finding, type TriedScan, differs, ok, unknown, unseen } from './check.ts';

const LOCK = '/data/api/v1/scan-lock/config';
/** Longer than any answer that only is a receipt. */
const RECEIPT_MS = 2_000;
const LOOK_MS = 100;

/** Takes the lock of the configuration for some seconds, asks for its scan twice, and waits for the end. Changes no file. */
export async function tryScan(client: IgnitionClient, http: IgnitionHttp, patienceMs: number): Promise<TriedScan> {
  const lock = await client.lockScans('config', { acquireSeconds: 1, holdSeconds: 10 });
  const secondLock = lock === 'held' ? await client.lockScans('config', { acquireSeconds: 0, holdSeconds: 1 }) : 'not asked';
  const before = await client.scanStatus('config');
  const start = performance.now();
  await client.triggerScan('config');
  const answeredMs = Math.round(performance.now() - start);
  const lockAfter = (await http.ask('GET', LOCK, {})).status;
  let reported = false;
  while (!reported && performance.now() - start < patienceMs) {
    const { scanActive, lastScanTimestamp } = await client.scanStatus('config');
    reported = !scanActive && lastScanTimestamp > before.lastScanTimestamp;
    if (!reported) await sleep(LOOK_MS);
  }
  const scanMs = Math.round(performance.now() - start);
  const secondScan = (await http.ask('POST', '/data/api/v1/scan/config', {})).status;
  return { lock, secondLock, answeredMs, reported, scanMs, lockAfter, secondScan };
}

/** Looks at what was tried, where that was asked for. */
function triedTo(find: (tried: TriedScan) => Finding): Check['run'] {
  return async ({ tried }: Examined) => (tried ? find(await tried()) : unknown('looked at with --try-scan only'));
}

/** Scans and their locks. */
export const SCANS: readonly Check[] = [
  {
    id: 'S1',
    assumption: 'asking for a scan is answered at once, and its state can be read',
    means: 'each scan takes longer; nothing is proved from the answer either way',
    run: async (gateway) => {
      for (const kind of ['config', 'projects'] as const) await gateway.client.scanStatus(kind);
      if (!gateway.tried) return ok('the state can be read; the rest is looked at with --try-scan');
      const { answeredMs } = await gateway.tried();
      return answeredMs < RECEIPT_MS ? ok(`answered in ${answeredMs} ms`) : differs(`answered in ${answeredMs} ms`);
    },
  },
  {
    id: 'S2',
    assumption: 'the end of a scan is scanActive: false with a newer lastScanTimestamp',
    means: 'each scan is waited for to its limit of a minute; then only what the gateway serves counts',
    run: triedTo(({ reported, scanMs }) => (reported ? ok(`seen after ${scanMs} ms`) : differs(`not seen within ${scanMs} ms`))),
  },
  unseen('S3', 'the configuration is scanned before projects', 'our own order, which no answer proves'),
  unseen('S4', 'a new project needs two project scans', 'it would take a new project'),
  {
    id: 'S5',
    assumption: 'asking twice does no harm',
    means: 'a longer scan',
    run: triedTo(({ secondScan }) => (secondScan === 200 ? ok('200 again') : differs(`${secondScan}`))),
  },
  {
    id: 'S6',
    assumption: 'scan locks can be taken, and are then refused to others',
    means: 'everything works without; somebody can save while files change, which is found as a local change',
    run: async ({ http, tried }) => {
      const answer = await http.find(LOCK);
      if (!answer) return differs('there is no such route');
      const { status } = answer;
      if (!tried) return status === 204 || status === 200 ? ok(status === 204 ? 'free' : 'held by somebody') : differs(`${status}`);
      const { lock, secondLock } = await tried();
      if (lock === 'taken') return unknown('somebody else holds it');
      return lock === 'held' && secondLock === 'taken' ? ok('taken once') : differs(`${lock}, then ${secondLock}`);
    },
  },
  {
    id: 'S7',
    assumption: 'asking for a scan lets go of its lock',
    means: 'others wait for at most a minute after each change: the lock ends by itself',
    run: triedTo(({ lock, lockAfter }) => {
      if (lock !== 'held') return unknown('the lock was not ours');
      return lockAfter === 204 ? ok('free again') : differs(`still held (${lockAfter})`);
    }),
  },
  unseen('S8', 'whoever holds a lock may write files', 'no answer says so'),
  unseen('S9', 'the configuration is read at start and at scans only', 'it would take a change of a file'),
];
