import { execFileSync } from 'node:child_process';

/**
 * Kills what runs as `git` on behalf of this process, as the kernel does when memory is short: without the helpers it has started.
 * @param saying a word of the command line of those that are meant; all when absent
 * @returns how many
 */
export function killGit(saying = ''): number {
  const rows = execFileSync('ps', ['-o', 'pid=,comm=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' })
    .trim()
    .split('\n');
  const pids = rows.flatMap((row) => (/^\s*(\d+) git /.test(row) && row.includes(saying) ? [Number.parseInt(row, 10)] : []));
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  return pids.length;
}
