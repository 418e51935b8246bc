import type { TagsClaim } from '../../domain/proof/claims.ts';
import { compareTags } from '../../domain/proof/serves.ts';
import { listSome } from '../../domain/plan/text.ts';
import type { VolumeFs } from '../volume-fs.ts';
import { PROVED, doubt, readJson, worst, wrong, type ProvingWith, type Verdict } from './verdict.ts';

/** Definitions named in a message. */
const NAMED = 5;

/** Compares changed folders of tags and UDT types of one provider with the gateway's export of it. */
export async function proveTags(
  { client, volume, signal }: ProvingWith,
  provider: string,
  claims: readonly TagsClaim[],
  active: ReadonlySet<string>,
): Promise<Verdict> {
  const tree = await client.exportTags(provider, signal);
  if (tree === undefined) return doubt(`the gateway does not show the tags of the provider ${provider}`);
  return worst(claims.map((claim) => compareFolder(volume, tree, claim, active)));
}

function compareFolder(volume: VolumeFs, tree: unknown, claim: TagsClaim, active: ReadonlySet<string>): Verdict {
  const definitions: unknown[] = [];
  for (const file of ['tags.json', 'udts.json']) {
    const content = readJson(volume, `${claim.dir}/${file}`);
    if (Array.isArray(content)) definitions.push(...(content as unknown[]));
    else if (content !== undefined) return doubt(`${claim.dir}/${file} is not a list of definitions`);
  }
  const { missing, other, extra } = compareTags(tree, claim.folder, definitions);
  const where = `${claim.provider}:${claim.folder.join('/')}`;
  if (missing.length > 0) {
    const why = `does not show ${listSome(missing, NAMED)} in ${where}`;
    return active.has(claim.collection) ? wrong(`it ${why}`) : doubt(`the gateway ${why}`);
  }
  if (other.length > 0) return doubt(`the gateway shows ${listSome(other, NAMED)} in ${where} with other values than were written`);
  return extra.length > 0 ? doubt(`the gateway shows ${listSome(extra, NAMED)} in ${where}, which no file has`) : PROVED;
}
