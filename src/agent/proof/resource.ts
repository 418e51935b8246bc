import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Resource } from '../../clients/ignition/wire.ts';
import type { ChangedFile, ResourceClaim } from '../../domain/proof/claims.ts';
import { serves } from '../../domain/proof/serves.ts';
import { removeAll } from '../durable.ts';
import { hashFile } from '../hash.ts';
import { PROVED, compareServed, doubt, isFile, isListed, readJson, worst, wrong, type ProvingWith, type Verdict } from './verdict.ts';

/** Bytes of one payload that are looked at. */
const MAX_PAYLOAD = 64 * 1024 * 1024;

/** The fields of an answer that show what these files say. */
const SHOWN: Readonly<Record<string, 'config' | 'backupConfig'>> = { 'config.json': 'config', 'backupConfig.json': 'backupConfig' };

/**
 * Compares the changed files of a resource with what the gateway serves of it in that collection.
 * @param active collections that this gateway runs on: there, a resource that is not listed was not loaded
 */
export async function proveResource(make: ProvingWith, claim: ResourceClaim, active: ReadonlySet<string>): Promise<Verdict> {
  const { client, volume, signal } = make;
  const label = labelOf(claim);
  const served = await client.resource(claim, signal);
  if (!isFile(volume, `${claim.dir}/resource.json`)) return served ? wrong(`it still serves ${label}, which is gone`) : PROVED;
  if (!served) {
    const names = await client.resourceNames(claim.type, signal);
    if (names === undefined) return doubt(`the gateway does not show resources of ${claim.type}: has it that module?`);
    const isLost = active.has(claim.collection) && claim.name !== '' && !names.includes(claim.name);
    return isLost ? wrong(`it does not list ${label}`) : doubt(`the gateway does not show ${label}`);
  }
  const payloads = claim.files.filter(({ name }) => name !== 'resource.json');
  if (payloads.length === 0) return compareManifest(make, claim, served);
  return worst(await Promise.all(payloads.map((file) => compareFile(make, claim, file, served))));
}

async function compareFile(make: ProvingWith, claim: ResourceClaim, file: ChangedFile, served: Resource): Promise<Verdict> {
  const { volume } = make;
  const label = `${file.name} of ${labelOf(claim)}`;
  const field = SHOWN[file.name];
  if (file.after === undefined) {
    const there = field === undefined ? served.data?.includes(file.name) === true : served[field] !== undefined && field !== 'config';
    return there ? doubt(`the gateway still shows ${label}, which is gone`) : PROVED;
  }
  if (!isListed(volume, claim.dir, file.name)) return PROVED; // passed over by the gateway
  if (field === undefined) return compareServed(await fetchDigest(make, claim, file.name), file, label);
  return serves(served[field], readJson(volume, `${claim.dir}/${file.name}`))
    ? PROVED
    : doubt(`the gateway serves ${label} with other values than were written`);
}

/** Only the manifest has changed: what of it the gateway shows. */
function compareManifest({ volume }: ProvingWith, claim: ResourceClaim, served: Resource): Verdict {
  const written = readJson(volume, `${claim.dir}/resource.json`);
  const { attributes = {}, description = '' } = (written ?? {}) as { attributes?: unknown; description?: unknown };
  const same = serves(served.attributes ?? {}, attributes) && (served.description ?? '') === description;
  return same ? PROVED : doubt(`the gateway serves ${labelOf(claim)} with other attributes than were written`);
}

async function fetchDigest(
  { client, volume, scratch, signal }: ProvingWith,
  claim: ResourceClaim,
  name: string,
): Promise<string | undefined> {
  const file = join(scratch, randomUUID());
  try {
    const got = await client.dataFile(claim, name, join(volume.root, file), MAX_PAYLOAD, signal);
    return typeof got === 'number' ? await hashFile(volume, file) : got;
  } finally {
    await removeAll(volume, file);
  }
}

function labelOf({ type, name, collection }: ResourceClaim): string {
  return `${type}${name === '' ? '' : `/${name}`} (${collection})`;
}
