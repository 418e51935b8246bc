type Json = Record<string, unknown>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The JSON merge patch (RFC 7386) that turns `before` into `after`; undefined when there is nothing to change.
 * Keys that are undefined in `after` are taken away.
 */
export function mergePatch(before: unknown, after: unknown): Json | undefined {
  const [from, to] = [isObject(before) ? before : {}, isObject(after) ? after : {}];
  const patch: Json = {};
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const [old, next] = [from[key], to[key]];
    if (next === undefined) {
      if (old !== undefined) patch[key] = null;
    } else if (isObject(old) && isObject(next)) {
      const inner = mergePatch(old, next);
      if (inner) patch[key] = inner;
    } else if (JSON.stringify(old) !== JSON.stringify(next)) {
      patch[key] = next;
    }
  }
  return Object.keys(patch).length > 0 ? patch : undefined;
}
