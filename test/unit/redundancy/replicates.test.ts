import { createManifest, type Mirror } from '../../../src/domain/manifest.ts';
import { peerManifest, replicates } from '../../../src/domain/redundancy/replicates.ts';

test.each([
  ['projects/P/project.json', true],
  ['config/resources/core/ignition/x/config.json', true],
  ['config/resources/production/config-mode.json', true],
  ['config/resources/external/config-mode.json', false],
  ['config/resources/External/x/config.json', false],
  ['config/resources/local/x', false],
  ['config/resources/notes.txt', false],
  ['gateway.txt', false],
  ['projectsfile', false],
])('%s replicates: %s', (path, expected) => {
  expect(replicates(path)).toBe(expected);
});

const manifest = (files: Record<string, string>, mirror?: Mirror) =>
  createManifest(
    Object.entries(files).map(([path, sha256]) => ({ path, sha256, size: 1, executable: false })),
    mirror,
  );
const bytes = (of: ReturnType<typeof manifest>) => Object.fromEntries(of.entries.map(({ path, sha256 }) => [path, sha256]));

test('the other node has what replicates from the master and what does not from itself', () => {
  const master = manifest(
    { 'projects/P/a': 'of m', 'config/resources/external/e': 'of m' },
    { folders: ['config/resources/external/x', 'projects/P'], spares: ['*.m'] },
  );
  const own = manifest(
    { 'projects/P/a': 'of b', 'projects/P/b': 'of b', 'config/resources/external/e': 'of b' },
    { folders: ['projects/Q'], spares: ['*.b'] },
  );
  const peer = peerManifest(master, own);
  expect(bytes(peer)).toEqual({ 'config/resources/external/e': 'of b', 'projects/P/a': 'of m' });
  expect(peer.mirror).toEqual({ folders: ['projects/P'], spares: ['*.m', '*.b'] });
});
