import { mkdirSync } from 'node:fs';
import { userInfo, tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The environment of every server and tool of a stack: a home folder of its own and nothing else of the user's, so that no kubeconfig,
 * no proxy setting and no tool configuration of the machine has a say.
 */
export function cleanEnvironment(dataDir: string): NodeJS.ProcessEnv {
  const home = join(dataDir, 'home');
  mkdirSync(home, { recursive: true });
  return {
    PATH: process.env.PATH,
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_CACHE_HOME: join(home, '.cache'),
    USER: userInfo().username,
    TMPDIR: tmpdir(),
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    KUBERC: 'off',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
  };
}
