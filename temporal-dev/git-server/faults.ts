/**
 * What is wrong with one repository for now: `down` = the connection is reset, `hang` = no answer ever comes, `page` = a web page comes
 * instead, a number = that HTTP status, also with headers, `delayMs` = every answer comes that much later, `cutAfter` = what is fetched
 * ends after so many bytes, `redirectTo` = that place is named instead.
 */
export type GitFault =
  | 'down'
  | 'hang'
  | 'page'
  | 401
  | 403
  | 404
  | 429
  | 500
  | 502
  | 503
  | { readonly status: number; readonly headers: Readonly<Record<string, string>> }
  | { readonly delayMs: number }
  | { readonly cutAfter: number }
  | { readonly redirectTo: string };

export interface GitCredentials {
  readonly username: string;
  readonly password: string;
}

/** What the server does differently for one repository. */
export interface RepositoryRules {
  readonly fault?: GitFault;
  readonly credentials?: GitCredentials;
}

/** How often a repository was asked over HTTP: sessions (each `ls-remote` and each fetch is one) and what was asked for in them. */
export interface GitRequests {
  readonly sessions: number;
  readonly fetches: number;
  /** Bytes that were sent for all of it. */
  readonly bytes: number;
}

/** The words that an SSH client reads for a fault; undefined where the answer only comes late. */
export function sshRefusal(fault: GitFault): string | undefined {
  if (typeof fault === 'object') return 'delayMs' in fault ? undefined : 'ERROR: The service is unavailable.';
  if (fault === 401 || fault === 403) return 'ERROR: Permission to the repository denied.';
  if (fault === 404) return 'ERROR: Repository not found.';
  return 'ERROR: The service is unavailable.';
}
