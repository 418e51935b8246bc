import { SyncError } from '../domain/errors.ts';
import type { Manifest } from '../domain/manifest.ts';

/** Names at the data root that belong to the gateway, in lower case. */
const RESERVED = new Set([
  '.container-init.conf',
  '.ignition-seed-complete',
  '.ignition-sync',
  '.uuid',
  'certificates',
  'commissioning.json',
  'config',
  'conversion-report.txt',
  'db',
  'gateway.xml',
  'gateway.xml_clean',
  'ignition.conf',
  'jar-cache',
  'logs',
  'metricsdb',
  'modules.json',
  'projects',
  'redundancy.xml',
  'user-lib',
  'var',
]);
const RESERVED_PATTERN = /^(\.alarms_.*|migration-log-.*\.md|.*\.digest\.json)$/;

/**
 * The agent's own word on what it writes, whatever the control plane asks for: `projects/**`, `config/resources/<collection>/**`
 * and single files at the data root that no gateway reserves.
 * @returns why the path is refused, undefined when it is allowed
 */
export function whyForbidden(path: string): string | undefined {
  const parts = path.split('/');
  if (path.includes('\0')) return 'it holds a zero byte';
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'it is not a plain path below the data directory';
  if (parts.some((part) => part.toLowerCase() === '.resources')) return "`.resources` is the gateway's own cache";
  const [top = '', second = '', collection = ''] = parts.map((part) => part.toLowerCase());
  if (parts.length === 1) return RESERVED.has(top) || RESERVED_PATTERN.test(top) ? 'the gateway reserves this name' : undefined;
  if (parts[0] === 'projects') return undefined;
  if (parts[0] !== 'config' || parts[1] !== 'resources' || parts.length < 4) {
    return `nothing is written in ${second === 'resources' ? 'config/resources itself' : `${top}/`}`;
  }
  if (collection === 'local' || collection === 'system' || collection.startsWith('.'))
    return `config/resources/${collection} belongs to the gateway`;
  return undefined;
}

/** @throws SyncError PathNotAllowed naming the first path that may not be written, or that is both a file and a folder. */
export function guardManifest(manifest: Manifest): void {
  const files = new Set<string>();
  for (const { path } of manifest.entries) {
    const why = whyForbidden(path) ?? (files.has(path) ? 'it is listed twice' : undefined);
    if (why !== undefined) throw new SyncError('PathNotAllowed', `The plan writes "${path}", which is refused: ${why}.`);
    files.add(path);
  }
  for (const path of files) {
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      const folder = path.slice(0, slash);
      if (files.has(folder))
        throw new SyncError('PathNotAllowed', `The plan has "${folder}" both as a file and as the folder of "${path}".`);
    }
  }
}
