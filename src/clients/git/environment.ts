import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Remote } from './remote.ts';

/** How this installation runs git, whatever the machine, the user or the repository would have it do. */
export interface GitSettings {
  /** Path of the one configuration file that git reads; see `writeGitConfig`. */
  readonly configFile: string;
  /** Whether `file://` remotes may be read: for air-gapped mirrors on a mounted volume. */
  readonly allowFile: boolean;
  /** Folders of ours that no `file://` remote may lie in or hold. */
  readonly privateFolders?: readonly string[];
}

/**
 * Everything that git may believe: no hooks, no maintenance of its own, no redirect to another place after the first answer. Repositories
 * of other owners may be read (a mirror on a volume, a container with another user), because nothing in them is executed. Its memory is
 * bounded whatever a repository holds: large files are streamed, and packs are looked at through small windows.
 */
const CONFIG = `[safe]
\tdirectory = *
[core]
\thooksPath = /dev/null
\tfsmonitor = false
\tattributesFile = /dev/null
\tbigFileThreshold = 4m
\tdeltaBaseCacheLimit = 16m
\tpackedGitWindowSize = 1m
\tpackedGitLimit = 32m
[pack]
\tthreads = 1
\twindowMemory = 16m
\tdeltaCacheSize = 16m
[gc]
\tauto = 0
[maintenance]
\tauto = false
[transfer]
\tunpackLimit = 1
[fetch]
\trecurseSubmodules = false
\twriteCommitGraph = false
[protocol]
\tversion = 2
[http]
\tfollowRedirects = initial
\tlowSpeedLimit = 1
\tlowSpeedTime = 30
[i18n]
\tlogOutputEncoding = UTF-8
`;

/** Writes git's configuration into a folder of ours. */
export async function writeGitConfig(folder: string): Promise<string> {
  const file = join(folder, 'gitconfig');
  await writeFile(file, CONFIG, { mode: 0o600 });
  return file;
}

/**
 * The whole environment of a git process: nothing is inherited but PATH.
 * @param transport of the one remote that is asked, and that redirects may not leave (plain http may turn into https); none when nobody is.
 */
export function gitEnvironment(settings: GitSettings, transport?: Remote['transport']): Record<string, string> {
  const allowed = transport === 'http' ? 'http:https' : transport === 'file' && !settings.allowFile ? '' : (transport ?? '');
  return {
    PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: '/dev/null',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: settings.configFile,
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    // What a mirror does not have is fetched when we say so, with credential and deadline: never by git on the side.
    GIT_NO_LAZY_FETCH: '1',
    GIT_ALLOW_PROTOCOL: allowed,
  };
}
