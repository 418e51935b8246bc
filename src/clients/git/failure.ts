import { SyncError } from '../../domain/errors.ts';
import type { Reason } from '../../domain/reasons.ts';
import { scrub, type Connection, type Credential } from './credentials.ts';
import type { GitExit } from './git-process.ts';
import { rateLimit, type HttpAnswer } from './http-answers.ts';
import type { Remote } from './remote.ts';

/** Whom git asked, and how. */
interface Asked {
  readonly remote: Remote;
  readonly credential: Credential;
  readonly connection?: Connection | undefined;
}

interface FailureClass {
  readonly reason: Reason;
  /** Of what git and its helpers print in the C locale. */
  readonly pattern: RegExp;
  readonly says: (remote: Remote) => string;
}

const NO_SPACE = /No space left on device|Disk quota exceeded/;
const DISK_FULL =
  'The volume of MIRROR_DIR is full: make it larger, or MIRROR_MAX_SIZE smaller than it, so that mirrors are freed in time.';

/** In this order: the first that fits names the cause, general last lines of git come after the special ones. */
const CLASSES: readonly FailureClass[] = [
  {
    reason: 'HostKeyMismatch',
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED|Offending \S+ key in/,
    says: ({ host, port }) =>
      `${host} showed another host key than the key known_hosts of the Secret has. If the host has announced new keys, replace it with the output of \`ssh-keyscan ${port === '' ? '' : `-p ${port} `}${host}\`; else somebody is between you and the host.`,
  },
  {
    reason: 'HostKeyUnknown',
    pattern: /host key is known for|Host key verification failed/,
    says: ({ host, port }) =>
      `The host key of ${host} is not in the key known_hosts of the Secret of spec.git.auth.sshKey: add the output of \`ssh-keyscan ${port === '' ? '' : `-p ${port} `}${host}\` after comparing it with what the host publishes.`,
  },
  {
    reason: 'TlsUntrusted',
    pattern:
      /SSL certificate problem|server certificate verification failed|certificate (has expired|signer not trusted)|unable to get local issuer|SSL: no alternative certificate subject name|does not match target host name|schannel|gnutls_handshake|SSL_ERROR|TLS connect error/i,
    says: ({ host }) =>
      `The certificate of ${host} is not trusted: it must be issued for this name, be in date, and come from an authority that the source container knows or that spec.git.ca names.`,
  },
  {
    reason: 'MirrorFull',
    pattern: NO_SPACE,
    says: () => DISK_FULL,
  },
  {
    reason: 'RateLimited',
    pattern: /returned error: 429|rate limit|too many requests/i,
    says: ({ host }) => rateLimited(host),
  },
  {
    reason: 'AuthenticationFailed',
    pattern: /returned error: 407|response 407|HTTP code 407 from proxy/,
    says: () => 'The proxy refused the login, or wants one: check spec.git.proxy and the Secret that it names (user:password).',
  },
  {
    reason: 'AuthenticationFailed',
    pattern:
      /Authentication failed|could not read (Username|Password)|returned error: (401|403)|Permission denied \(|Access denied|Load key .*(invalid format|error in libcrypto)|Too many authentication failures|terminal prompts disabled/,
    says: ({ url }) =>
      `${url} refused the credential, or wants one: check the Secret that spec.git.auth names, whether it has expired, and whether it may read this repository.`,
  },
  {
    reason: 'RepositoryNotFound',
    pattern:
      /repository '.*' not found|Repository not found|returned error: 404|does not appear to be a git repository|not a git repository|is this a git repository\?|valid git repository|Could not find repository|project you were looking for could not be found|is not a git command/i,
    says: ({ url }) => `There is no git repository at ${url}, or this credential may not see it: check spec.git.repo and spec.git.auth.`,
  },
  {
    reason: 'RefNotFound',
    pattern: /couldn't find remote ref|not our ref|unadvertised object|no such remote ref|remote did not send all necessary objects/i,
    says: ({ url }) => `${url} does not have what was asked for: the ref was deleted or moved meanwhile. Check spec.git.ref.`,
  },
  {
    reason: 'InvalidSpec',
    pattern: /transport '.*' not allowed/,
    says: ({ transport }) => `spec.git.repo: ${transport} URLs are not enabled in this installation.`,
  },
  {
    reason: 'HostUnreachable',
    pattern:
      /Could not resolve (host|proxy)|CONNECT tunnel failed|Proxy CONNECT aborted|Couldn't connect to server|Failed to connect|Connection (refused|timed out|reset|closed)|No route to host|Network is unreachable|Name or service not known|Temporary failure in name resolution|returned error: 5\d\d|Empty reply from server|Operation too slow|transfer closed|early EOF|unexpected disconnect|hung up unexpectedly|RPC failed|Protocol "?\w+"? (not supported|disabled)|disabled in libcurl/i,
    says: ({ host, url }) =>
      `${host === '' ? url : host} does not answer as a git host should; it is asked again. Check spec.git.repo, the network and the host itself.`,
  },
];

/** How a git call for a remote ended, and what the host had answered last. */
export interface RemoteExit {
  readonly exit: GitExit;
  /** What it was doing: `list the refs`. */
  readonly what: string;
  readonly answer: HttpAnswer | undefined;
}

/** Said by git of a program that it had started. */
const DIED = /died of signal|invalid index-pack output/;

/** Git, or a program that it started, was ended from outside, as the kernel does when memory is short: says nothing about the host. */
export class CutShort extends SyncError {
  constructor({ url }: Remote, what: string) {
    super('GitFailed', `Git was ended by something else on this machine while it was to ${what} of ${url}; it is tried again.`);
  }
}

/** Translates how a git call for a remote ended. */
export function remoteFailure({ exit, what, answer }: RemoteExit, { remote, credential, connection }: Asked): SyncError {
  const detail = lastLines(scrub(exit.stderr, credential, connection));
  const limit = answer && rateLimit(answer, Date.now());
  if (limit) return new SyncError('RateLimited', rateLimited(remote.host), limit);
  // Only git's own words: what a host says has `remote:` before it.
  if (/^fatal: .*out of memory/im.test(exit.stderr)) return tooMuch(remote, what);
  if (exit.timedOut) return new SyncError('GitTimeout', `${remote.url} took too long to ${what} and was given up; it is tried again.`);
  const found = CLASSES.find(({ pattern }) => pattern.test(exit.stderr));
  if (found) return new SyncError(found.reason, `${found.says(remote)}${detail === '' ? '' : ` Git says: ${detail}`}`);
  if ((exit.code === null && !exit.stderr.startsWith('spawn ')) || DIED.test(exit.stderr)) return new CutShort(remote, what);
  return new SyncError(
    'GitFailed',
    `Git could not ${what} of ${remote.url}: ${detail === '' ? `it ended with code ${exit.code ?? 'none'} and no message` : detail}`,
  );
}

/** What to say of a host that sends more than git may hold, or we may read. */
export function tooMuch({ url }: Remote, what: string): SyncError {
  return new SyncError(
    'UnsupportedContent',
    `${url} sent more than any repository needs to ${what}, and was cut off: it lists too many branches and tags (some 200,000 are read), or has a listing or file that git cannot hold in memory. Keep what gateways get in a smaller repository; if this one is small, its host is not to be trusted.`,
  );
}

/**
 * Git takes any web page for a repository of plain files without branches: a sign-in page would look as if every ref was deleted.
 * @throws SyncError RepositoryNotFound
 */
export function refuseWebPage(answer: HttpAnswer | undefined, { remote }: Asked): void {
  const type = answer?.headers['content-type'] ?? '';
  if (answer === undefined || type.startsWith('application/x-git-')) return;
  throw new SyncError(
    'RepositoryNotFound',
    `${remote.url} answers with ${type === '' ? 'something' : type} that is no git repository, such as a sign-in page: check spec.git.repo and spec.git.auth.`,
  );
}

/** Translates how a git call in a mirror of ours ended. */
export function localFailure(exit: GitExit, what: string): SyncError {
  if (exit.timedOut) return new SyncError('GitTimeout', `Git took too long to ${what}; it is tried again.`);
  if (NO_SPACE.test(exit.stderr)) return new SyncError('MirrorFull', DISK_FULL);
  return new SyncError('GitFailed', `Git could not ${what}: ${lastLines(exit.stderr)}`);
}

function rateLimited(host: string): string {
  return `${host} answers that it was asked too often; it is asked again later. A longer spec.polling.interval helps.`;
}

/** What git says last is the cause; what precedes are hints and progress. */
function lastLines(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(hint|warning):|^@+$/i.test(line));
  return lines.slice(-2).join(' ').slice(0, 500);
}
