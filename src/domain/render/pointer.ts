/** The keys of a JSON Pointer (RFC 6901), or what is wrong with it as the end of a sentence. */
export function parsePointer(pointer: string): { readonly keys: readonly string[] } | { readonly wrong: string } {
  if (!pointer.startsWith('/')) return { wrong: `must start with a slash: /${pointer.replaceAll('.', '/')} names the same key` };
  if (/~(?![01])/.test(pointer)) return { wrong: 'has a ~ that is neither ~0 (a tilde) nor ~1 (a slash)' };
  return {
    keys: pointer
      .slice(1)
      .split('/')
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~')),
  };
}
