import { createHash } from 'node:crypto';
import { z } from 'zod';
import { resourceSignature } from '../../../src/domain/signature/signature.ts';
import { parse, type Disk, type FoundResource, type ReadFile } from './disk.ts';
import type { Faults } from './faults.ts';
import type { Log } from './log.ts';

/** A `resource.json`; every field may be missing [facts 2.3: lenient deserializer]. */
const Manifest = z.looseObject({
  scope: z.string().optional(),
  version: z.number().default(1),
  restricted: z.boolean().default(false),
  overridable: z.boolean().default(true),
  description: z.string().nullish(),
  files: z.array(z.string()).default([]),
  attributes: z.record(z.string(), z.unknown()).optional(),
});

export interface Resource extends FoundResource {
  /** Project or collection that it lies in. */
  readonly owner: string;
  readonly fields: z.infer<typeof Manifest>;
  /** Only what the manifest lists belongs to the resource [facts 2.3]. */
  readonly payloads: ReadonlyMap<string, ReadFile>;
}

/** One project or collection in the gateway's memory. */
export interface Loaded {
  readonly name: string;
  readonly dir: string;
  readonly manifest: ReadFile;
  /** Title, parent and the like. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** By `<module>/<type>/<name>`. */
  readonly resources: ReadonlyMap<string, Resource>;
  /** Over everything that was loaded: two equal ones run the same content. */
  readonly digest: string;
  /** A project that its first scan has only registered: nothing of it runs yet. */
  readonly registeredOnly: boolean;
}

export const EMPTY: ReadFile = { digest: createHash('sha256').digest('hex'), size: 0, content: Buffer.alloc(0) };

/** What loading needs to know besides the disk. */
export interface Loader {
  readonly disk: Disk;
  readonly log: Log;
  readonly faults: Faults;
  /** Payloads that were read while they were empty; kept for good [facts 2.3 TRAP]. */
  readonly poisoned: Set<string>;
  readonly boot: boolean;
}

export type Kind = 'config' | 'projects';
const LOGGER = { config: 'gateway.config.ResourceCollectionManager', projects: 'project.ProjectManager' };

export function loadOwner(make: Loader, kind: Kind, name: string, registeredOnly = false): Loaded {
  const dir = kind === 'projects' ? `projects/${name}` : `config/resources/${name}`;
  const manifest = make.disk.read(`${dir}/${kind === 'projects' ? 'project.json' : 'config-mode.json'}`) ?? EMPTY;
  const resources = new Map<string, Resource>();
  for (const found of registeredOnly ? [] : make.disk.resources(dir)) {
    const resource = loadResource(make, kind, name, found);
    if (resource) resources.set(keyOf(found), resource);
  }
  return { name, dir, manifest, fields: record(manifest), resources, digest: digestOf(manifest, resources), registeredOnly };
}

export function keyOf({ module, type, name }: Pick<FoundResource, 'module' | 'type' | 'name'>): string {
  return name === '' ? `${module}/${type}` : `${module}/${type}/${name}`;
}

function loadResource(make: Loader, kind: Kind, owner: string, found: FoundResource): Resource | undefined {
  const { disk, faults, log } = make;
  const refuse = (why: string): void => log.write('ERROR', LOGGER[kind], `Resource ${owner}:${keyOf(found)} will not be loaded: ${why}`);
  const path = `${found.dir}/`;
  if (faults.scanSkips.some((start) => path.startsWith(start))) return undefined;
  const words = Object.entries(faults.scanRejects).find(([start]) => path.startsWith(start))?.[1];
  if (words !== undefined) {
    refuse(words);
    return undefined;
  }
  const fields = Manifest.safeParse(parse(found.manifest.content?.toString('utf8') ?? ''));
  if (!fields.success) {
    refuse('its manifest cannot be read');
    return undefined;
  }
  if (fields.data.attributes === undefined && faults.missingAttributes === 'skipped') return undefined;
  const payloads = new Map<string, ReadFile>();
  for (const file of fields.data.files) {
    const at = `${found.dir}/${file}`;
    const payload = disk.read(at);
    if (!payload && faults.missingPayload === 'accepted') continue;
    if (!payload) {
      // facts 2.3
      refuse(`the file ${file} that its manifest lists is missing`);
      return undefined;
    }
    if (payload.size === 0 && faults.poisonZeroBytes && !make.boot) make.poisoned.add(at);
    payloads.set(file, make.poisoned.has(at) ? EMPTY : payload);
    // facts 1.12: `tags.storage.resource` ERROR on an undecodable tag file.
    if (/^(tags|udts)\.json$/.test(file) && payload.content && payload.size > 0 && parse(payload.content.toString('utf8')) === undefined) {
      log.write('ERROR', 'tags.storage.resource', `Unable to decode tag resource ${keyOf(found)} (${file})`);
      return undefined;
    }
  }
  if (kind === 'config' && faults.wrongSignature === 'skipped' && !signatureFits(found, payloads)) return undefined;
  return { ...found, owner, fields: fields.data, payloads };
}

/** Unsigned manifests are normal gateway output [facts 2.4]. */
function signatureFits({ manifest }: FoundResource, payloads: ReadonlyMap<string, ReadFile>): boolean {
  const text = manifest.content?.toString('utf8') ?? '';
  const signed = Manifest.parse(parse(text)).attributes?.['lastModificationSignature'];
  if (typeof signed !== 'string') return true;
  const sums = new Map([...payloads].map(([name, { digest }]) => [name, { sha256: digest }]));
  const sha256 = (pieces: readonly Uint8Array[]): string => {
    const hash = createHash('sha256');
    for (const piece of pieces) hash.update(piece);
    return hash.digest('hex');
  };
  return resourceSignature(text, sums, '8.3', sha256) === signed;
}

function digestOf(manifest: ReadFile, resources: ReadonlyMap<string, Resource>): string {
  const hash = createHash('sha256').update(manifest.digest);
  for (const [key, { manifest: own, payloads }] of [...resources].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`\0${key}\0${own.digest}`);
    for (const [name, { digest }] of payloads) hash.update(`\0${name}\0${digest}`);
  }
  return hash.digest('hex');
}

function record({ content }: ReadFile): Readonly<Record<string, unknown>> {
  const value = parse(content?.toString('utf8') ?? '');
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
