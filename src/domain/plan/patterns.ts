import picomatch from 'picomatch/posix.js';
import { SyncError } from '../errors.ts';
import { foldersAbove } from './paths.ts';

/** One exclude pattern and the field it stands in, for messages. */
export interface ExcludePattern {
  readonly pattern: string;
  readonly field: string;
}

/** What is wrong with a pattern, as the end of a sentence; undefined when it is well-formed. */
export function patternFault(pattern: string): string | undefined {
  if (pattern.trim() === '') return 'is empty: leave it out';
  if (pattern.startsWith('/')) return 'starts with a slash: patterns are matched on the path below the data directory, leave the slash out';
  if (pattern.startsWith('!')) return 'starts with "!": patterns only exclude, put an exception in a narrower pattern';
  let braces = 0;
  let bracket = false;
  for (let i = 0; i < pattern.length; i += 1) {
    const char = pattern.charAt(i);
    if (char === '\\') i += 1;
    else if (bracket) bracket = char !== ']';
    else if (char === '[') bracket = true;
    else if (char === '{') braces += 1;
    else if (char === '}' && braces > 0) braces -= 1;
    else if ('@!?*+'.includes(char) && pattern.charAt(i + 1) === '(')
      return `uses the extended glob "${char}(": only *, **, ?, [..] and {a,b} are known; write \\( for a parenthesis`;
  }
  if (bracket) return 'has an unclosed "[": close it, or write \\[ for the character itself';
  if (braces > 0) return 'has an unclosed "{": close it, or write \\{ for the character itself';
  return undefined;
}

/** Matches whole paths, dot files included; parentheses are literal. */
export function globMatcher(pattern: string): (path: string) => boolean {
  const matches = picomatch(escapeParentheses(pattern), { dot: true, nonegate: true, noextglob: true });
  return (path) => matches(path); // of one argument: picomatch takes a second, with which it answers an object
}

/**
 * Tells which composed paths are excluded: a pattern matches the whole path, dot files included; one that matches a folder takes
 * everything below it; one that ends in a slash matches folders only.
 * @throws SyncError InvalidPattern: a pattern that cannot be read shields nothing, so it is never skipped.
 */
export function compileExcludes(patterns: readonly ExcludePattern[]): (path: string) => boolean {
  const compiled = patterns.map(({ pattern, field }) => {
    const fault = patternFault(pattern);
    if (fault !== undefined) throw new SyncError('InvalidPattern', `${field} "${pattern}" ${fault}.`);
    const folderOnly = pattern.endsWith('/');
    return {
      folderOnly,
      matches: globMatcher(pattern.replace(/\/+$/, '')),
    };
  });
  const folders = new Map<string, boolean>();
  const excludesFolder = (folder: string): boolean => {
    let verdict = folders.get(folder);
    if (verdict === undefined) folders.set(folder, (verdict = compiled.some(({ matches }) => matches(folder))));
    return verdict;
  };
  return (path) =>
    compiled.length > 0 &&
    (foldersAbove(path).some(excludesFolder) || compiled.some(({ folderOnly, matches }) => !folderOnly && matches(path)));
}

function escapeParentheses(pattern: string): string {
  return pattern.replace(/\\.|[()]/gs, (found) => (found.length === 1 ? `\\${found}` : found));
}
