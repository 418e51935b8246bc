/**
 * The URL of a submodule as git reads it: `./x` and `../x` are relative to the URL of the repository that names it.
 * Undefined when it climbs out of the host.
 */
export function submoduleUrl(parent: string, url: string): string | undefined {
  if (!/^\.\.?(\/|$)/.test(url)) return url;
  const scp = /^([^/:@\s]+@[^/:@\s]+:)(.*)$/.exec(parent);
  const root = scp?.[1] ?? /^[a-z]+:\/\/[^/]*\//.exec(parent)?.[0];
  if (root === undefined) return undefined;
  const parts = parent.slice(root.length).split('/').filter(Boolean);
  for (const part of url.split('/').filter((one) => one !== '' && one !== '.')) {
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.length === 0 ? undefined : `${root}${parent.slice(root.length).startsWith('/') && scp ? '/' : ''}${parts.join('/')}`;
}
