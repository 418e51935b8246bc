import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/** How a git process ended. */
export interface GitExit {
  readonly code: number | null;
  /** The last 64 kB. */
  readonly stderr: string;
  readonly timedOut: boolean;
}

export interface GitProcessOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Bytes that git, and each program that it starts, may have in memory besides files that it maps; then it ends, `Out of memory`. */
  readonly maxMemory?: number | undefined;
}

/** A running git process. `exit` never rejects, and settles after all output was delivered. */
export interface GitProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly exit: Promise<GitExit>;
  /** Ends git and everything it started. */
  kill(): void;
}

const STDERR_LIMIT = 64 * 1024;

/** The limit is the kernel's, and set in the process itself: whoever looks from outside looks too late. Where there is none, nothing is lost. */
const LIMITED = 'ulimit -d "$0" 2>/dev/null; exec git "$@"';

/**
 * Starts git as the leader of a process group of its own, so that the deadline also ends what git itself starts (ssh, git-remote-https):
 * simple-git ends only git, and a helper that hangs on the network would live on. Also for what simple-git does not offer: bytes instead
 * of text, and content that is streamed.
 */
export function startGit(args: readonly string[], options: GitProcessOptions): GitProcess {
  const { maxMemory } = options;
  const [program, words] = maxMemory === undefined ? ['git', args] : ['/bin/sh', ['-c', LIMITED, String(maxMemory / 1024), ...args]];
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(program, words, {
    env: { ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    cwd: '/',
  });
  let stderr = '';
  let timedOut = false;
  const kill = (): void => {
    if (child.pid === undefined || child.exitCode !== null) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // the group ended by itself
    }
  };
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-STDERR_LIMIT)));
  child.stdin.on('error', () => undefined); // git ended before it read everything: its exit code says why
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, options.deadlineMs);
  options.signal?.addEventListener('abort', kill, { once: true });
  if (options.signal?.aborted) kill();
  const exit = new Promise<GitExit>((resolve) => {
    const settle = (code: number | null): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', kill);
      resolve({ code, stderr, timedOut });
    };
    child.once('close', settle);
    child.once('error', (error) => {
      stderr = error.message;
      settle(null);
    });
  });
  return { stdin: child.stdin, stdout: child.stdout, exit, kill };
}

/** Runs git to its end and collects its output. */
export async function runGit(
  args: readonly string[],
  options: GitProcessOptions & {
    readonly input?: string;
    /** Told of each piece of output before it is kept; when it says so, git is ended and nothing more is kept. */
    readonly isTooMuch?: (piece: Buffer) => boolean;
  },
): Promise<GitExit & { readonly stdout: Buffer }> {
  const git = startGit(args, options);
  git.stdin.end(options.input);
  const chunks: Buffer[] = [];
  let ended = false;
  git.stdout.on('data', (chunk: Buffer) => {
    if (ended) return;
    ended = options.isTooMuch?.(chunk) ?? false;
    if (ended) git.kill();
    else chunks.push(chunk);
  });
  const exit = await git.exit;
  return { ...exit, stdout: Buffer.concat(chunks) };
}
