import { fileURLToPath } from 'node:url';
import { SyncError } from '../../domain/errors.ts';

/** A repository somewhere else. Holds no credential. */
export interface Remote {
  /** As it is handed to git. */
  readonly url: string;
  readonly transport: 'https' | 'http' | 'ssh' | 'file';
  /** Empty for `file`. */
  readonly host: string;
  readonly port: string;
}

/**
 * Reads the URL of a repository, scp-style (`git@host:org/repo`) included.
 * @throws SyncError InvalidSpec when it is none, or holds a password: a password in a URL ends up in process lists and logs.
 */
export function parseRemote(text: string): Remote {
  const scp = /^([^/:@\s-][^/:@\s]*)@([^/:@\s-][^/:@\s]*):(?!\/\/)(\S+)$/.exec(text);
  if (scp) return { url: text, transport: 'ssh', host: scp[2] ?? '', port: '' };
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw invalid('is not a URL');
  }
  const transport = url.protocol.slice(0, -1);
  if (transport !== 'https' && transport !== 'http' && transport !== 'ssh' && transport !== 'file')
    throw invalid('has a scheme that is not known');
  if (url.password !== '') throw invalid('holds a password: put it into a Secret and name that in spec.git.auth');
  if (transport !== 'file' && (url.hostname === '' || url.hostname.startsWith('-'))) throw invalid('names no host');
  // A bundle is read by its path only.
  const handed = transport === 'file' && url.pathname.endsWith('.bundle') ? fileURLToPath(url) : text;
  return { url: handed, transport, host: url.hostname, port: url.port };
}

function invalid(what: string): SyncError {
  return new SyncError(
    'InvalidSpec',
    `spec.git.repo ${what}. Write https://host/org/repo.git, git@host:org/repo.git, ssh://… or file:///….`,
  );
}
