import { MODULES_ARE_THE_IMAGES } from '../../../src/api/v1alpha1/places.ts';
import { guardManifest } from '../../../src/agent/guard.ts';
import { createManifest } from '../../../src/domain/manifest.ts';

function guard(...paths: string[]): () => void {
  return () => guardManifest(createManifest(paths.map((path) => ({ path, sha256: 'a'.repeat(64), size: 1, executable: false }))).entries);
}

test.each([
  '/etc/passwd',
  '../outside',
  'projects/../db/config.idb',
  'projects//a',
  'projects/./a',
  'projects/a\0b',
  'projects/.resources/x',
  'projects/P/deep/.resources/x',
  'projects/P/.git/config',
  'config/resources/local/x/y',
  'config/resources/LOCAL/x/y',
  'config/resources/system/x',
  'config/resources/.hidden/x',
  'config/resources/x',
  'config/ignition/keys/metro.key',
  'config/local/x',
  'db/config.idb',
  'var/x',
  'metricsdb/x',
  'certificates/x',
  'jar-cache/x',
  'somewhere/else',
  'gateway.xml',
  'gateway.xml_clean',
  'redundancy.xml',
  'ignition.conf',
  'modules.json',
  'Modules.JSON',
  'commissioning.json',
  '.container-init.conf',
  '.ignition-seed-complete',
  '.uuid',
  '.alarms_x',
  'migration-log-1.md',
  'x.digest.json',
  '.ignition-sync/state.json',
  '.ignition-sync',
  'projects',
  'config',
])('%j is refused', (path) => {
  expect(guard(path)).toThrow(
    expect.objectContaining({ reason: 'PathNotAllowed', message: expect.stringContaining(path) as string }) as Error,
  );
});

test.each(['modules.json', 'x.modl', 'user-lib/modules/x.modl', 'User-Lib/Modules/x'])(
  "%j is refused since modules are the image's",
  (path) => {
    expect(guard(path)).toThrow(`The plan names "${path}", which is a place of modules: ${MODULES_ARE_THE_IMAGES}.`);
  },
);

test.each([
  'projects/P/project.json',
  'projects/P/db/x',
  'config/resources/core/ignition/x/config.json',
  'config/resources/prod/a/b',
  'notes.txt',
  'projects/ü ß/…',
])('%j is allowed', (path) => {
  expect(guard(path)).not.toThrow();
});

test.each([
  { name: 'a path listed twice', paths: ['projects/a', 'projects/a'] },
  { name: 'a path that is a file and a folder', paths: ['projects/a', 'projects/a/b/c'] },
])('$name is refused', ({ paths }) => {
  expect(guard(...paths)).toThrow(expect.objectContaining({ reason: 'PathNotAllowed' }) as Error);
});
