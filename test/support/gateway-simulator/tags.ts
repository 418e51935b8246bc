import type { Gateway } from './gateway.ts';
import { effective } from './merged.ts';
import { errorPage, json, notFound, type Reply } from './answers.ts';
import { parse } from './disk.ts';

interface Node {
  name: string;
  tagType: string;
  tags: unknown[];
}

/**
 * `GET tags/export`: the tags of one provider as one tree, UDT types in `_types_` [facts 1.13, 2.7]. The tree is made of the files' own
 * objects; whether real gateways add defaults to them is not known.
 */
export function exportTags(gateway: Gateway, query: URLSearchParams): Reply {
  const provider = query.get('provider');
  if (provider === null || query.get('type') !== 'json') return errorPage(400, 'provider and type are required');
  const all = effective(gateway);
  if (!all.has(`ignition/tag-provider/${provider}`)) return notFound();
  const root: Node = { name: '', tagType: 'Provider', tags: [] };
  for (const { type, name, payloads, module } of all.values()) {
    if (module !== 'ignition' || (type !== 'tag-definition' && type !== 'tag-type-definition')) continue;
    const [owner, ...path] = name.split('/');
    if (owner !== provider) continue;
    if (type === 'tag-type-definition' && query.get('includeUdts') !== 'true') continue;
    // facts 1.13: `recursive=false` at the root yields an almost empty node.
    if (query.get('recursive') !== 'true') continue;
    const folder = reach(root, [...(type === 'tag-type-definition' ? ['_types_'] : []), ...path.slice(0, -1)]);
    for (const file of ['tags.json', 'udts.json']) {
      const content = parse(payloads.get(file)?.content?.toString('utf8') ?? '');
      if (Array.isArray(content)) folder.tags.push(...(content as unknown[]));
    }
  }
  return json(root);
}

function reach(node: Node, [first, ...rest]: readonly string[]): Node {
  if (first === undefined) return node;
  let next = node.tags.find((one): one is Node => typeof one === 'object' && one !== null && 'tags' in one && (one as Node).name === first);
  if (!next) {
    next = { name: first, tagType: 'Folder', tags: [] };
    node.tags.push(next);
  }
  return reach(next, rest);
}
