/** `main@sha1:4f1c…`, as Flux and kstatus tools print revisions; 64 hex digits are SHA-256. */
export function formatRevision(ref: string, commit: string): string {
  return `${ref}@${commit.length === 64 ? 'sha256' : 'sha1'}:${commit}`;
}

/** `main@4f1c2d3e`: a revision where there is little room. A ref that is the commit itself is not said twice. */
export function shortRevision(ref: string, commit: string): string {
  return ref.toLowerCase() === commit ? short(commit) : `${ref}@${short(commit)}`;
}

/** The commit of a formatted revision. */
export function commitOf(revision: string | undefined): string | undefined {
  return revision?.split(':').at(-1);
}

/** First eight digits: enough for a person to recognise a commit or digest in a sentence. */
export function short(id: string): string {
  return id.slice(0, 8);
}
