import { createHash } from 'node:crypto';
import type { Gateway } from './gateway.ts';
import { keyOf, type Loaded, type Resource } from './load.ts';
import { parse } from './disk.ts';

/** Types that Edge does not have [facts 3.4]. */
const NOT_ON_EDGE =
  /^(ignition\/(database-connection|database-driver|database-translator|cobranding)|.*\/(chart-settings|script-settings))$/;

/** Types that every standard gateway has, as far as the sources name them: other types are known once a resource of theirs is loaded. */
const NAMED = [
  'ignition/api-token',
  'ignition/database-connection',
  'ignition/database-driver',
  'ignition/identity-provider',
  'ignition/images',
  'ignition/opc-connection',
  'ignition/secret-provider',
  'ignition/tag-group',
  'ignition/tag-provider',
  'ignition/user-source',
];
const SINGLETONS = [
  'ignition/gateway-network-settings',
  'ignition/security-levels',
  'ignition/security-properties',
  'ignition/system-properties',
];

/** Grouped definitions are not known to be listed as resources; `tags/export` shows them [facts 2.7]. */
const GROUPED = /^ignition\/tag-(definition|type-definition)$/;

/** Collections that this gateway runs on, nearest first: the mode, core, external [facts 2.2]. */
export function chain({ engine, mode }: Gateway): Loaded[] {
  const collections = engine.collections();
  const found: Loaded[] = [];
  for (let at = mode === '' ? 'core' : mode; at !== '' && at !== 'system' && found.length < 32;) {
    const one = collections.get(at);
    if (!one) break;
    found.push(one);
    const parent = one.fields['parent'];
    at = typeof parent === 'string' ? parent : '';
  }
  return found;
}

/** Everything the gateway runs on: the nearest definition wins, unless a farther one may not be overridden [facts 2.2, 2.3]. */
export function effective(gateway: Gateway): ReadonlyMap<string, Resource> {
  const merged = new Map<string, Resource>();
  for (const { resources } of chain(gateway)) {
    for (const [key, resource] of resources) if (!merged.has(key) || !resource.fields.overridable) merged.set(key, resource);
  }
  return merged;
}

/** `named`, `singleton`, or undefined for a type that this gateway does not have. */
export function kindOfType(gateway: Gateway, type: string): 'named' | 'singleton' | undefined {
  if (GROUPED.test(type)) return undefined;
  if (gateway.edition === 'edge') {
    if (NOT_ON_EDGE.test(type)) return undefined;
    if (type === 'ignition/edge-sync-settings') return 'singleton';
  }
  if (SINGLETONS.includes(type)) return 'singleton';
  if (NAMED.includes(type)) return 'named';
  for (const { resources } of gateway.engine.collections().values())
    for (const { module, type: id, name, unary } of resources.values())
      if (`${module}/${id}` === type && !unary) return name === '' ? 'singleton' : 'named';
  return undefined;
}

/** Effective resources of one type. */
export function ofType(gateway: Gateway, type: string): Resource[] {
  return [...effective(gateway).values()].filter((resource) => `${resource.module}/${resource.type}` === type && !resource.unary);
}

/** A resource by name: the effective one, or that of one collection. */
export function find(gateway: Gateway, type: string, name: string, collection: string | null): Resource | undefined {
  const key = name === '' ? type : `${type}/${name}`;
  return collection === null ? effective(gateway).get(key) : gateway.engine.collections().get(collection)?.resources.get(key);
}

/** Names of the collections that define a resource, in the order of the recorded example [facts 1.9: external, core, mode]. */
export function definedIn(gateway: Gateway, resource: Resource): string[] {
  return [...gateway.engine.collections().values()]
    .flatMap(({ name, resources }) => (resources.has(keyOf(resource)) ? [name] : []))
    .sort(byRank);
}

function byRank(a: string, b: string): number {
  const rank = (name: string): number => ['external', 'core'].indexOf(name);
  return ((rank(a) + 3) % 3) - ((rank(b) + 3) % 3);
}

/** A resource as the API shows it [facts 1.9]. */
export function envelope(gateway: Gateway, resource: Resource): Record<string, unknown> {
  const { fields, payloads } = resource;
  const config = parse(payloads.get('config.json')?.content?.toString('utf8') ?? '');
  const backup = parse(payloads.get('backupConfig.json')?.content?.toString('utf8') ?? '');
  return {
    type: `${resource.module}/${resource.type}`,
    ...(resource.name !== '' && { name: resource.name }),
    description: fields.description ?? '',
    enabled: fields.attributes?.['enabled'] ?? true,
    version: fields.version,
    collection: resource.owner,
    collections: definedIn(gateway, resource),
    signature: signatureOf(resource),
    config: config ?? {},
    ...(backup !== undefined && { backupConfig: backup }),
    data: [...payloads.keys()].filter((name) => name !== 'config.json' && name !== 'backupConfig.json'),
    attributes: fields.attributes ?? {},
    metrics: {},
    healthchecks: {},
  };
}

/** Differs from `lastModificationSignature` [facts 1.9]; how it is made is not known, only that it changes with the content. */
function signatureOf({ manifest, payloads }: Resource): string {
  const hash = createHash('sha256').update(manifest.digest);
  for (const { digest } of payloads.values()) hash.update(digest);
  return hash.digest('hex');
}
