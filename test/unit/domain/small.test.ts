import fc from 'fast-check';
import { durationMs, sizeBytes } from '../../../src/api/v1alpha1/schema.ts';
import { gatewayTaskQueue, operationId, rolloutWorkflowId, waveWorkflowId } from '../../../src/contract/names.ts';
import { setCondition } from '../../../src/domain/conditions.ts';
import { SyncError, isRetryable, toFault } from '../../../src/domain/errors.ts';
import { ManifestText, comparePaths, createManifest, decodeManifest, encodeManifest } from '../../../src/domain/manifest.ts';
import { mergePatch } from '../../../src/domain/merge-patch.ts';
import { REASONS, REFUSALS, isReason } from '../../../src/domain/reasons.ts';
import { commitOf, formatRevision } from '../../../src/domain/revision.ts';
import { askingForConfirmation, holdMessage, judgeWave, waitingFor } from '../../../src/domain/rollout-state.ts';

test('paths are ordered as their UTF-8 bytes, also beyond U+FFFF', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      expect(Math.sign(comparePaths(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
    }),
  );
});

test('a manifest reads back as it was written, whatever the order it was made in', () => {
  const entry = (path: string) => ({ path, sha256: 'a'.repeat(64), size: 3, executable: path.endsWith('x') });
  const manifest = createManifest([entry('projects/b'), entry('projects/a "quoted"\n'), entry('projects/ü.x')]);
  expect(decodeManifest(encodeManifest(manifest))).toEqual(manifest);
  expect(encodeManifest(createManifest([...manifest.entries].reverse()))).toBe(encodeManifest(manifest));
});

test('a file that is made only where there is none says so in its line, and the others do as before', () => {
  const [plain, marked] = [
    { path: 'a', sha256: 'a'.repeat(64), size: 3, executable: false },
    { path: 'b', sha256: 'b'.repeat(64), size: 3, executable: false, ifAbsent: true as const },
  ];
  const text = encodeManifest(createManifest([plain, marked]));
  expect(decodeManifest(text).entries).toEqual([plain, marked]);
  expect(text).toBe(`ignition-sync manifest 1\n["a","${'a'.repeat(64)}",3,0]\n["b","${'b'.repeat(64)}",3,0,1]\n`);
  expect([...new ManifestText(text).pathsOf(new Set(['b'.repeat(64)]))]).toEqual([['b'.repeat(64), 'b']]);
});

test('a manifest that mirrors folders reads back so, compares by its files alone, and one that does not has the bytes it always had', () => {
  const entry = { path: 'projects/P/a', sha256: 'a'.repeat(64), size: 3, executable: false };
  const mirror = { folders: ['projects/P', 'projects/"Q"\n'], spares: ['**/x'] };
  const text = encodeManifest(createManifest([entry], mirror));
  expect(decodeManifest(text)).toEqual({ version: 1, mirror, entries: [entry] });
  const plain = encodeManifest(createManifest([entry]));
  expect(plain).toBe(`ignition-sync manifest 1\n["projects/P/a","${'a'.repeat(64)}",3,0]\n`);
  expect(text).not.toBe(plain);
  const [with_, without] = [new ManifestText(text), new ManifestText(plain)];
  expect([...with_.differences(without), ...without.differences(with_)]).toEqual([]);
  expect([with_.count(), without.count(), without.mirror]).toEqual([1, 1, undefined]);
  expect(with_.pathsOf(new Set(['a'.repeat(64)])).get('a'.repeat(64))).toBe('projects/P/a');
});

const entries = fc.dictionary(
  fc.string({ unit: fc.constantFrom('a', '/', '"', ',', '\\', 'ü', '\u{10000}'), minLength: 1, maxLength: 6 }),
  fc.record({ sha256: fc.constantFrom('1', '2', '3').map((digit) => digit.repeat(64)), size: fc.nat(9), executable: fc.boolean() }),
);

test('two manifests are compared line by line as if they had been read whole', () => {
  fc.assert(
    fc.property(entries, entries, (before, after) => {
      const text = (files: typeof before) =>
        new ManifestText(encodeManifest(createManifest(Object.entries(files).map(([path, entry]) => ({ path, ...entry })))));
      const found = [...text(before).differences(text(after))];
      const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort(comparePaths);
      const wanted = paths.flatMap((path) => {
        const [was, is] = [before[path], after[path]];
        if (JSON.stringify(was) === JSON.stringify(is)) return [];
        return [{ path, ...(was && { before: { path, ...was } }), ...(is && { after: { path, ...is } }) }];
      });
      expect(found).toEqual(wanted);
      const digests = new Set(['1'.repeat(64)]);
      const [first] = Object.keys(before)
        .filter((path) => digests.has(before[path]!.sha256))
        .sort(comparePaths);
      expect(text(before).pathsOf(digests).get('1'.repeat(64))).toBe(first);
    }),
  );
});

test.each([
  '',
  'something else',
  'ignition-sync manifest 1\n["a"]\n',
  'ignition-sync manifest 1\n["projects/a","aa",1,0]',
  'ignition-sync manifest 1\n["/mirror",["projects/a"]]\n',
])('a damaged manifest is never half used: %j', (text) => {
  expect(() => decodeManifest(text)).toThrow(/manifest/);
});

test.each([
  { name: 'nothing changed: no write', before: { a: 1, b: { c: 2 } }, after: { a: 1, b: { c: 2 } }, patch: undefined },
  { name: 'a key that goes is taken away', before: { a: 1, b: 2 }, after: { a: 1, b: undefined }, patch: { b: null } },
  { name: 'inside objects too', before: { a: { b: 1, c: 2 } }, after: { a: { c: 3 } }, patch: { a: { b: null, c: 3 } } },
  { name: 'lists are replaced whole', before: { a: [1, 2] }, after: { a: [2] }, patch: { a: [2] } },
  { name: 'from nothing', before: undefined, after: { a: 1 }, patch: { a: 1 } },
])('merge patch: $name', ({ before, after, patch }) => {
  expect(mergePatch(before, after)).toEqual(patch);
});

test.each([
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['500ms', 500],
  ['24h', 86_400_000],
])('%s is %i ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});

test('names are a function of what they name', () => {
  expect(gatewayTaskQueue('plant', 'area-0')).toBe('ignition-gateway/plant/area-0');
  expect(waveWorkflowId(rolloutWorkflowId('plant', 'line', 7), 'canary', 0)).toBe('rollout/plant/line/7/canary/0');
  expect(operationId({ uid: 'u', n: 7, gateway: 'a', step: 'apply', attempt: 0 })).toBe('u/7/a/apply/0');
});

test('a revision shows ref, kind of id and commit', () => {
  expect(formatRevision('main', 'a'.repeat(40))).toBe(`main@sha1:${'a'.repeat(40)}`);
  expect(formatRevision('v1', 'b'.repeat(64))).toBe(`v1@sha256:${'b'.repeat(64)}`);
  expect(commitOf('main@sha1:abc')).toBe('abc');
});

test('a condition keeps its transition time while its status stays', () => {
  const first = setCondition([], { type: 'Ready', status: 'False', reason: 'A', message: '' }, '1');
  const same = setCondition(first, { type: 'Ready', status: 'False', reason: 'B', message: '' }, '2');
  expect(same).toEqual([{ type: 'Ready', status: 'False', reason: 'B', message: '', lastTransitionTime: '1' }]);
  expect(setCondition(same, { type: 'Ready', status: 'True', reason: 'C', message: '' }, '3')[0]?.lastTransitionTime).toBe('3');
});

test('reasons that only a change can end are refusals to Temporal, all others are retried', () => {
  for (const reason of Object.keys(REASONS))
    expect(isReason(reason) && isRetryable(reason)).toBe(!(REFUSALS as readonly string[]).includes(reason));
  expect(isReason('toString')).toBe(false);
  expect(toFault(new SyncError('RefNotFound', 'no mian'))).toEqual({ reason: 'RefNotFound', message: 'no mian' });
  expect(toFault(new TypeError('oops'))).toEqual({ reason: 'Internal', message: 'oops' });
});

const failed = { gateway: 'a', fault: { reason: 'ScanFailed' as const, message: 'no scan' }, restored: true };
test.each([
  { name: 'all synced: go on', stage: 'rest', wave: { synced: 2, failed: [], unreachable: [], untouched: 0 }, hold: undefined },
  {
    name: 'one failed: hold',
    stage: 'rest',
    wave: { synced: 1, failed: [failed], unreachable: [], untouched: 0 },
    hold: 'a failed and was put back: ScanFailed: no scan',
  },
  {
    name: 'a gateway of the rest is away: go on, it catches up',
    stage: 'rest',
    wave: { synced: 1, failed: [], unreachable: ['b'], untouched: 0 },
    hold: undefined,
  },
  {
    name: 'the canary is away: nothing is proved, hold',
    stage: 'canary',
    wave: { synced: 0, failed: [], unreachable: ['a'], untouched: 0 },
    hold: 'the canary a cannot be reached or has not come up, so nothing is proved yet',
  },
])('after a wave, $name', ({ stage, wave, hold }) => {
  const judged = judgeWave(stage, wave);
  expect(judged && holdMessage(judged)).toBe(hold);
});

test.each([
  ['1Ki', 1024],
  ['500Mi', 500 * 1024 * 1024],
  ['2Gi', 2 * 1024 ** 3],
  ['1Ti', 1024 ** 4],
])('the size %s has %d bytes', (size, bytes) => {
  expect(sizeBytes(size)).toBe(bytes);
});

test('a hold that only a confirmation ends says so', () => {
  const failed = [
    { gateway: 'a', restored: false, fault: { reason: 'TooManyDeletes', message: '30 of 40 files' } },
    { gateway: 'b', restored: false, fault: { reason: 'LocalChange', message: 'x' } },
  ] as const;
  expect(askingForConfirmation({ kind: 'failed', failed })).toEqual(['a']);
  expect(waitingFor('Holding', { kind: 'failed', failed })).toBe('approve, abort or a new commit');
  expect(waitingFor('Holding', { kind: 'failed', failed: failed.slice(1) })).toBe('retryGateway, abort or a new commit');
  const outdated = { gateway: 'b', fault: { reason: 'LivePreconditionFailed' as const, message: 'm' }, restored: true };
  expect(waitingFor('Holding', { kind: 'failed', failed: [outdated] })).toBe('a new plan: abort and then syncNow, or a new commit');
  expect(waitingFor('Holding', { kind: 'failed', failed: [outdated, ...failed.slice(1)] })).toContain('retryGateway');
});
