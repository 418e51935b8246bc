/**
 * What is wrong with one repository for now: `down` = the connection is reset, `hang` = no answer ever comes, a number = that HTTP
 * status, `delayMs` = every answer comes that much later.
 */
export type GitFault = 'down' | 'hang' | 401 | 403 | 404 | 429 | 500 | 503 | { readonly delayMs: number };

export interface GitCredentials {
  readonly username: string;
  readonly password: string;
}

/** What the server does differently for one repository. */
export interface RepositoryRules {
  readonly fault?: GitFault;
  readonly credentials?: GitCredentials;
}

/** The words that an SSH client reads for a fault; undefined where the answer only comes late. */
export function sshRefusal(fault: GitFault): string | undefined {
  if (typeof fault === 'object') return undefined;
  if (fault === 401 || fault === 403) return 'ERROR: Permission to the repository denied.';
  if (fault === 404) return 'ERROR: Repository not found.';
  return 'ERROR: The service is unavailable.';
}
