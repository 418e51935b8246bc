import type { Claims } from './claims.ts';

/** Words by which gateways say that they did not take a resource. An error of a resource at run time is none of these. */
const NOT_LOADED =
  /will not be loaded|(unable|failed|could not|cannot|can't)\b.{0,20}\b(load|decode|read|parse|deserialize)|PushConflictException/i;

/** A line of the log that names what was changed and says that it was not loaded. */
export interface Complaint {
  readonly resource: string;
  readonly words: string;
}

const MAX_WORDS = 300;

/** The first line in which the gateway says that it did not load something of this change. */
export function complaintAbout(claims: Claims, lines: readonly { readonly message?: string | null | undefined }[]): Complaint | undefined {
  const keys = keysOf(claims);
  for (const { message } of lines) {
    if (!message || !NOT_LOADED.test(message)) continue;
    const resource = keys.find((key) => mentions(message, key));
    if (resource !== undefined) return { resource, words: message.replaceAll(/\s+/g, ' ').slice(0, MAX_WORDS) };
  }
  return undefined;
}

/** A key ends where the message's word ends: `a/b` is not meant by `a/bc` or `a/b/c`. */
function mentions(message: string, key: string): boolean {
  for (let at = message.indexOf(key); at >= 0; at = message.indexOf(key, at + 1)) {
    const after = message[at + key.length];
    if (after === undefined || !/[\w/-]/.test(after)) return true;
  }
  return false;
}

/** `type/name` of everything that was changed: how messages name resources, with or without the module before it. */
function keysOf({ projects, resources, tags }: Claims): string[] {
  const keys = new Set<string>();
  for (const { type, name } of resources) keys.add(name === '' ? type : `${type.split('/')[1] ?? ''}/${name}`);
  for (const { dir } of tags) keys.add(dir.split('/').slice(4).join('/')).add(`${dir.split('/').slice(4).join('/')}/_unary`);
  for (const { files } of projects)
    for (const { name } of files) {
      const parts = name.split('/').slice(1, -1);
      if (parts.length > 1) keys.add(parts.join('/'));
    }
  return [...keys];
}
