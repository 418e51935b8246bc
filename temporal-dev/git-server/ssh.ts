import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { ServerSpec } from '../stack/server.ts';

const run = promisify(execFile);

/** How to reach the repositories over SSH. */
export interface SshAddress {
  readonly port: number;
  readonly user: string;
  /** Private key that may fetch and push. */
  readonly keyFile: string;
  /** A `known_hosts` file with the server's host key. */
  readonly knownHostsFile: string;
}

/** The sshd of this machine; undefined where there is none. */
export function findSshd(env: NodeJS.ProcessEnv): string | undefined {
  const folders = [...(env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/sbin'];
  return folders.map((folder) => join(folder, 'sshd')).find((path) => existsSync(path));
}

/** An sshd of ours for the repositories below `root`: own keys, own port, and no command but fetch and push. */
export async function sshServer(
  sshd: string,
  dataDir: string,
  root: string,
  port: number,
  env: NodeJS.ProcessEnv,
): Promise<{ spec: ServerSpec; address: SshAddress }> {
  const dir = join(dataDir, 'git', 'ssh');
  const file = (name: string): string => join(dir, name);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  await Promise.all([makeKey(file('host'), env), makeKey(file('client'), env)]);
  const publicKey = (name: string): string => readFileSync(file(`${name}.pub`), 'utf8').trim();
  const command = `/bin/sh ${quote(join(import.meta.dirname, 'ssh-command.sh'))} ${quote(root)}`;
  write(file('authorized_keys'), `restrict,command="${command.replaceAll('"', '\\"')}" ${publicKey('client')}\n`);
  write(file('known_hosts'), `[127.0.0.1]:${port} ${publicKey('host')}\n`);
  write(file('sshd_config'), sshdConfig(port, file('host'), file('authorized_keys')));
  // Started by root, sshd insists on this empty folder, which the system service makes on a full machine.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  return {
    address: { port, user: userInfo().username, keyFile: file('client'), knownHostsFile: file('known_hosts') },
    spec: {
      name: 'sshd',
      command: sshd,
      args: ['-D', '-e', '-f', file('sshd_config')],
      env,
      logFile: join(dataDir, 'logs', 'sshd.log'),
      ready: () => greets(port),
      readyWithinMs: 10_000,
    },
  };
}

function sshdConfig(port: number, hostKey: string, authorizedKeys: string): string {
  return [
    ...[`Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey "${hostKey}"`, `AuthorizedKeysFile "${authorizedKeys}"`, 'PidFile none'],
    ...['StrictModes no', 'UsePAM no', 'PermitRootLogin prohibit-password', 'PasswordAuthentication no', 'KbdInteractiveAuthentication no'],
    ...['AcceptEnv GIT_PROTOCOL', 'UseDNS no', 'PrintMotd no', 'MaxStartups 1000', 'MaxSessions 100', 'LogLevel INFO', ''],
  ].join('\n');
}

async function makeKey(file: string, env: NodeJS.ProcessEnv): Promise<void> {
  if (!existsSync(file)) await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'ignition-sync-dev', '-f', file], { env });
}

function write(file: string, content: string): void {
  writeFileSync(file, content, { mode: 0o600 });
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('data', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.setTimeout(1_000, () => socket.destroy());
    socket.once('data', () => socket.destroy());
  });
}
