import { json, type Reply } from './answers.ts';

type Item = Readonly<Record<string, unknown>>;
const PAGING = new Set(['limit', 'offset', 'sortBy', 'search']);

/**
 * Every list of the API: envelope, paging, search and field filters [facts 1.3]. A parameter that is none of these counts as a field that
 * no item has, so nothing matches [facts 1.1: never add cache-busting parameters].
 */
export function list(all: readonly Item[], query = new URLSearchParams(), own: ReadonlySet<string> = new Set()): Reply {
  const matching = all.filter((item) =>
    [...query].every(
      ([key, value]) => own.has(key) || (PAGING.has(key) ? key !== 'search' || contains(item, value) : passes(item, key, value)),
    ),
  );
  const limit = number(query.get('limit'), -1);
  const offset = number(query.get('offset'), 0);
  const items = sorted(matching, query.get('sortBy')).slice(offset, limit < 0 ? undefined : offset + limit);
  return json({ items, metadata: { total: all.length, matching: matching.length, limit, offset } });
}

function number(text: string | null, otherwise: number): number {
  return text === null || !/^-?\d+$/.test(text) ? otherwise : Number(text);
}

function contains(item: Item, text: string): boolean {
  return JSON.stringify(item).toLowerCase().includes(text.toLowerCase());
}

/** `field=value` or `field[op]=value` [facts 1.3]. */
function passes(item: Item, key: string, wanted: string): boolean {
  const [, field = key, op = 'eq'] = /^(.+?)\[(\w+)\]$/.exec(key) ?? [];
  if (!(field in item)) return false;
  const value = item[field];
  const word = typeof value === 'string' ? value : JSON.stringify(value);
  const order = typeof value === 'number' ? value - Number(wanted) : word < wanted ? -1 : word > wanted ? 1 : 0;
  switch (op) {
    case 'eq':
      return word === wanted;
    case 'ne':
      return word !== wanted;
    case 'cn':
      return word.includes(wanted);
    case 'sw':
      return word.startsWith(wanted);
    case 'ew':
      return word.endsWith(wanted);
    case 'gt':
      return order > 0;
    case 'gte':
      return order >= 0;
    case 'lt':
      return order < 0;
    case 'lte':
      return order <= 0;
    case 'rgx':
      return new RegExp(wanted).test(word);
    default:
      return false;
  }
}

function sorted(items: readonly Item[], by: string | null): readonly Item[] {
  const [, direction, field = ''] = /^(asc|desc)\((.+)\)$/.exec(by ?? '') ?? [];
  if (direction === undefined) return items;
  const rank = (a: Item, b: Item): number => {
    const [x, y] = [a[field], b[field]];
    return typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y));
  };
  return items.toSorted((a, b) => (direction === 'asc' ? rank(a, b) : rank(b, a)));
}
