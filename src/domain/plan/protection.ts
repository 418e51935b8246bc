import { decodeSegment } from './paths.ts';

/**
 * What a path below the data directory is to us. Paths are relative, normalised (`a/b`, no `.`, `..`, empty component).
 * - `allowed`: ordinary content.
 * - `root-file`: a single file at the data root that no gateway reserves: only by a file mapping of its own.
 * - `forbidden`: belongs to the gateway itself; never written, never deleted, by no setting.
 * - `git-internal`: has a component `.git`; content that is refused by name.
 * - `report`: conversion and migration reports; left out anywhere.
 * - `runtime-owned`, `managed-provider`: each gateway writes it for itself; taken only by a mapping at or below `resource`.
 * - `per-gateway`: holds this gateway's systemName; taken only with its final bytes made for this gateway.
 */
export type Protection =
  | { readonly kind: 'allowed' | 'root-file' | 'git-internal' | 'report' }
  | { readonly kind: 'forbidden'; /** The protected place, for messages and counts. */ readonly place: string }
  | {
      readonly kind: 'runtime-owned' | 'managed-provider' | 'per-gateway';
      /** Path of the resource or of the whole type. */ readonly resource: string;
    };

/** Our own folder on a volume: at the data root, and at the root of any further mount below it. */
export const OWN_FOLDER = '.ignition-sync';

/** Names at the data root that a gateway, its image or its chart keeps for itself; compared without case. */
const RESERVED_AT_ROOT =
  /^(projects|config|db|metricsdb|var|jar-cache|certificates|local|logs|user-lib|modules|data_clean|ignition\.conf|gateway\.xml.*|redundancy\.xml.*|commissioning\.json|modules\.json|\.container-init\.conf|\.ignition-seed-complete|\.alarms_.*|\.uuid|\.resources|\.ignition-sync.*|.*\.digest\.json|.*\.modl)$/i;

const REPORT = /^(conversion-report\.txt|migration-log-.*\.md)$/i;

const OWNED_TYPES = new Set([
  'ignition/gateway-network-queue-settings',
  'ignition/gateway-network-proxy-rules',
  'ignition/gateway-network-incoming',
  'ignition/quickstart',
  'ignition/api-token',
  'com.inductiveautomation.opcua/one-time',
]);

const OWNED_INSTANCES: Readonly<Record<string, RegExp>> = {
  'ignition/opc-connection': /^Ignition OPC UA Server$/,
  'ignition/user-source': /^(default|temp|temp_.*|opcua-module)$/,
  'ignition/identity-provider': /^(default|temp|temp_.*)$/,
};

const MANAGED_PROVIDERS = new Set(['System', 'MQTT Engine', 'MQTT Transmission', 'MQTT Distributor']);

/** Whether a folder name directly below `config/resources` can be a collection that is synced. */
function isCollectionName(name: string): boolean {
  return !name.startsWith('.') && !/^(local|system)$/i.test(name);
}

/**
 * Says what may happen to one file. The planner leaves out or refuses by it, and the agent refuses a manifest by it,
 * so a faulty plan can still not touch what is the gateway's own.
 */
export function classify(path: string): Protection {
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'))) return { kind: 'forbidden', place: path };
  const own = parts.findIndex((part) => /^(\.resources|\.ignition-sync)$/i.test(part));
  if (own >= 0) return { kind: 'forbidden', place: parts.slice(0, own + 1).join('/') };
  const [top = '', second, collection] = parts;
  if (parts.length === 1) return classifyRootFile(top);
  if (top === 'config') {
    if (second !== 'resources') return { kind: 'forbidden', place: `config/${second ?? ''}` };
    if (parts.length === 3 || collection === undefined || !isCollectionName(collection))
      return { kind: 'forbidden', place: parts.slice(0, 3).join('/') };
  } else if (top !== 'projects') return { kind: 'forbidden', place: top };
  if (REPORT.test(parts.at(-1) ?? '')) return { kind: 'report' };
  const resource = top === 'config' ? classifyResource(parts) : undefined;
  if (resource) return resource;
  return { kind: parts.some(isGitFolder) ? 'git-internal' : 'allowed' };
}

/** Whether a file at this path may never be written or deleted, whoever asks: the agent's guard. */
export function isNeverOurs(path: string): boolean {
  const { kind } = classify(path);
  return kind === 'forbidden' || kind === 'git-internal' || kind === 'report';
}

/** A gateway whose core or external has lost its manifest does not start: both are the gateway's own as soon as no mapping brings them. */
const COLLECTION_MANIFEST = /^config\/resources\/(core|external)\/config-mode\.json$/i;

/** What each gateway writes for itself is only lent to us by a mapping that names it. */
export function isGatewaysOwn(path: string): boolean {
  return COLLECTION_MANIFEST.test(path) || ['runtime-owned', 'managed-provider', 'per-gateway'].includes(classify(path).kind);
}

/** Whether a folder stands above resources of core that each gateway writes for itself. */
export function holdsRuntimeOwned(folder: string): boolean {
  const [top, second, collection, module, type, ...below] = folder.split('/');
  if (top !== 'config' || second !== 'resources' || collection?.toLowerCase() !== 'core' || below.length > 0) return false;
  if (module === undefined) return true;
  const types = [...OWNED_TYPES, ...Object.keys(OWNED_INSTANCES)];
  return type === undefined ? types.some((id) => id.startsWith(`${module}/`)) : Object.hasOwn(OWNED_INSTANCES, `${module}/${type}`);
}

function classifyRootFile(name: string): Protection {
  if (REPORT.test(name)) return { kind: 'report' };
  if (RESERVED_AT_ROOT.test(name)) return { kind: 'forbidden', place: name };
  return { kind: isGitFolder(name) ? 'git-internal' : 'root-file' };
}

function classifyResource(parts: readonly string[]): Protection | undefined {
  const [, , collection = '', module = '', type = '', name] = parts;
  const typePath = parts.slice(0, 5).join('/');
  const id = `${module}/${type}`;
  if (id === 'ignition/system-properties') return { kind: 'per-gateway', resource: typePath };
  const instance = name === undefined ? undefined : decodeSegment(name);
  if (instance !== undefined && type.startsWith('tag-') && MANAGED_PROVIDERS.has(instance))
    return { kind: 'managed-provider', resource: parts.slice(0, 6).join('/') };
  if (collection.toLowerCase() !== 'core') return undefined;
  if (OWNED_TYPES.has(id)) return { kind: 'runtime-owned', resource: typePath };
  if (instance !== undefined && OWNED_INSTANCES[id]?.test(instance))
    return { kind: 'runtime-owned', resource: parts.slice(0, 6).join('/') };
  return undefined;
}

function isGitFolder(part: string): boolean {
  return part.toLowerCase() === '.git';
}
