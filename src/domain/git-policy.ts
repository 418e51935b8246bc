import { Git } from '../api/v1alpha1/git.ts';
import { SyncError } from './errors.ts';
import type { KnownTag } from './reports.ts';
import { short } from './revision.ts';

/** What a ref was found to name. */
export interface FoundRef {
  readonly repo: string;
  /** Full: `refs/heads/main`. */
  readonly name: string;
  readonly commit: string;
}

/**
 * Compares a ref with the tag that it was last time. Returns what is to be remembered: nothing for a branch.
 * @throws SyncError TagMoved when the tag names another commit now and the policy is `refuse`.
 */
export function judgeTag(found: FoundRef, known: KnownTag | undefined, policy: 'follow' | 'refuse'): KnownTag | undefined {
  const name = found.name.replace(/^refs\/heads\//, 'refs/tags/'); // a branch that took the place of a tag is a tag that moved
  const before = known && known.repo === found.repo && known.name === name ? known : undefined;
  const moved = before !== undefined && before.commit !== found.commit;
  if (moved && policy === 'refuse') {
    throw new SyncError(
      'TagMoved',
      `${before.name} named ${before.commit} and names ${found.commit} now; gateways stay on ${short(before.commit)}. If that is meant, set spec.git.movedTags: follow, or write the commit id or a new tag in spec.git.ref.`,
    );
  }
  if (!found.name.startsWith('refs/tags/')) return undefined;
  const previous = moved ? before.commit : before?.previous;
  return { ...found, ...(previous === undefined ? {} : { previous }) };
}

/** Whether a host is this machine itself. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}

/** What a person gave up on purpose in an object's `spec`, as one sentence for its status; empty when nothing. */
export function insecureTransport(spec: unknown): string {
  const git = Git.safeParse((spec as { git?: unknown } | undefined)?.git).data;
  if (!git) return '';
  const host = /^http:\/\/(?:[^@/]*@)?(\[[^\]]*\]|[^:/]*)/.exec(git.repo)?.[1];
  return [
    host !== undefined && !isLoopback(host)
      ? `spec.git.insecureHttp: content and credentials of ${host} travel in clear and can be changed on the way`
      : '',
    git.auth?.sshKey?.insecureIgnoreHostKey === true
      ? 'spec.git.auth.sshKey.insecureIgnoreHostKey: whoever answers in place of the git host is believed'
      : '',
  ]
    .filter(Boolean)
    .join('; ');
}
