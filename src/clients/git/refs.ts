import { SyncError } from '../../domain/errors.ts';

/** One name that a remote advertises, with annotated tags peeled to what they finally name. */
export interface RemoteRef {
  /** Full: `refs/heads/main`. */
  readonly name: string;
  readonly commit: string;
}

/** Whether a text is a whole commit id, SHA-1 or SHA-256. */
export function isCommitId(text: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(text);
}

/** Reads the output of ls-remote: `<id>\t<name>`, where `<name>^{}` is what an annotated tag finally names. */
export function parseRemoteRefs(output: string): RemoteRef[] {
  const commits = new Map<string, string>();
  for (const line of output.split('\n')) {
    const [id, name] = line.split('\t');
    if (id === undefined || name === undefined || !isCommitId(id)) continue;
    if (name.endsWith('^{}')) commits.set(name.slice(0, -3), id);
    else commits.set(name, id);
  }
  return [...commits].map(([name, commit]) => ({ name, commit }));
}

/**
 * What a user's ref names on a remote.
 * @throws SyncError RefNotFound with existing names, RefAmbiguous when branch and tag share the name and differ.
 */
export function resolveRef(refs: readonly RemoteRef[], ref: string): RemoteRef {
  const candidates = ref.startsWith('refs/') ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
  const found = candidates.flatMap((name) => refs.filter((one) => one.name === name));
  const [first, second] = found;
  if (!first)
    throw new SyncError('RefNotFound', `spec.git.ref "${ref}" is neither a branch nor a tag of the repository. ${suggest(refs, ref)}`);
  if (second && second.commit !== first.commit) {
    throw new SyncError(
      'RefAmbiguous',
      `spec.git.ref "${ref}" is a branch (${first.commit}) and a tag (${second.commit}): write ${first.name} or ${second.name}.`,
    );
  }
  return first;
}

/** The branch or tag of this name, if there is one. @throws SyncError RefAmbiguous */
export function resolveIfNamed(refs: readonly RemoteRef[], ref: string): RemoteRef | undefined {
  return refs.some(({ name }) => name === `refs/heads/${ref}` || name === `refs/tags/${ref}`) ? resolveRef(refs, ref) : undefined;
}

/**
 * What git itself would not take as the name of a ref can match nothing, and might match everything as a pattern.
 * @throws SyncError RefNotFound
 */
export function refuseMalformed(ref: string): void {
  if (
    !/^[^\p{Cc} ~^:?*[\\]+$/u.test(ref) ||
    ref.startsWith('-') ||
    ref.startsWith('/') ||
    ref.endsWith('/') ||
    /\.\.|\/\/|@\{|\.lock(\/|$)|(^|\/)\.|\.$/.test(ref)
  ) {
    throw new SyncError(
      'RefNotFound',
      `spec.git.ref "${ref}" cannot be the name of a branch or tag: write a branch, a tag, a full refs/… name or a whole commit id.`,
    );
  }
}

function suggest(refs: readonly RemoteRef[], ref: string): string {
  if (/^[0-9a-f]{7,63}$/i.test(ref)) return 'If it is a commit, write its whole id.';
  const wanted = shorten(ref);
  const names = refs.map(({ name }) => shorten(name));
  const near = [...new Set(names)]
    .map((name) => ({ name, distance: distance(name.toLowerCase(), wanted.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  if (near.length === 0) return 'The repository has no branches and no tags yet.';
  return `It has ${near
    .slice(0, 5)
    .map(({ name }) => name)
    .join(', ')}${near.length > 5 ? ` and ${near.length - 5} more` : ''}.`;
}

function shorten(name: string): string {
  return name.replace(/^refs\/(heads|tags)\//, '');
}

/** Edits between two words; the length that is compared is bounded. */
function distance(left: string, right: string): number {
  const [a, b] = [left.slice(0, 60), right.slice(0, 60)];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
