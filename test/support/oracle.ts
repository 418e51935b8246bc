import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';

/** Path on the gateway → digest of the bytes and whether it is executable. */
export type ExpectedFiles = ReadonlyMap<string, string>;

/** Where a directory or a file of the repository goes. */
export interface Placed {
  readonly source: string;
  readonly destination: string;
}

const MANAGED_PROVIDERS = ['System', 'MQTT Engine', 'MQTT Transmission', 'MQTT Distributor'];
const RUNTIME_OWNED = [
  /^ignition\/gateway-network-(queue-settings|proxy-rules|incoming)\//,
  /^ignition\/(quickstart|api-token)\//,
  /^com\.inductiveautomation\.opcua\/one-time\//,
  /^ignition\/opc-connection\/Ignition OPC UA Server\//,
  /^ignition\/user-source\/(default|temp|temp_[^/]*|opcua-module)\//,
  /^ignition\/identity-provider\/(default|temp|temp_[^/]*)\//,
];

/** What the protection rules let through, written down a second time from the rules themselves: shares no code with the planner. */
export function allowedOnGateway(path: string): boolean {
  const parts = path.split('/');
  const name = parts.at(-1) ?? '';
  if (parts.includes('.resources') || parts.some((part) => part.toLowerCase() === '.git')) return false;
  if (/^conversion-report\.txt$|^migration-log-.*\.md$/.test(name)) return false;
  if (parts[0] === 'projects') return parts.length > 1;
  if (parts[0] !== 'config' || parts[1] !== 'resources' || parts.length < 4) return false;
  const collection = parts[2] ?? '';
  if (collection.startsWith('.') || ['local', 'system'].includes(collection.toLowerCase())) return false;
  const inside = parts.slice(3).join('/');
  if (inside.startsWith('ignition/system-properties/')) return false;
  if (collection === 'core' && RUNTIME_OWNED.some((pattern) => pattern.test(inside))) return false;
  const provider = /^[^/]+\/tag-[^/]*\/([^/]+)\//.exec(inside)?.[1];
  return provider === undefined || !MANAGED_PROVIDERS.includes(provider);
}

/** What every gateway must hold of ours at a commit, by plain git commands and the protection rules. */
export function expectedFiles(repository: string, commit: string, placed: readonly Placed[]): ExpectedFiles {
  const files = new Map<string, string>();
  const listing = execFileSync('git', ['-C', repository, 'ls-tree', '-r', '-z', commit], { maxBuffer: 1 << 28 }).toString();
  const wanted: { path: string; oid: string; executable: boolean }[] = [];
  for (const line of listing.split('\0').filter(Boolean)) {
    const [meta = '', path = ''] = line.split('\t');
    const [mode, , oid = ''] = meta.split(' ');
    for (const { source, destination } of placed) {
      if (path !== source && !path.startsWith(`${source}/`)) continue;
      const target = `${destination}${path.slice(source.length)}`;
      if (allowedOnGateway(target)) wanted.push({ path: target, oid, executable: mode === '100755' });
    }
  }
  const digests = blobDigests(repository, new Set(wanted.map(({ oid }) => oid)));
  for (const { path, oid, executable } of wanted) files.set(path, `${digests.get(oid) ?? ''}${executable ? ' x' : ''}`);
  return files;
}

function blobDigests(repository: string, oids: ReadonlySet<string>): Map<string, string> {
  const output = execFileSync('git', ['-C', repository, 'cat-file', '--batch'], { input: [...oids].join('\n') + '\n', maxBuffer: 1 << 30 });
  const digests = new Map<string, string>();
  for (let at = 0; at < output.length;) {
    const end = output.indexOf(10, at);
    const [oid = '', , size = '0'] = output.subarray(at, end).toString().split(' ');
    digests.set(
      oid,
      createHash('sha256')
        .update(output.subarray(end + 1, end + 1 + Number(size)))
        .digest('hex'),
    );
    at = end + 2 + Number(size);
  }
  return digests;
}
