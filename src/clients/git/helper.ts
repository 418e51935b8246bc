import { spawn } from 'node:child_process';

/** How a helper program ended. */
interface HelperExit {
  /** The program is not on this machine. */
  readonly missing: boolean;
  readonly code: number | null;
  readonly stderr: string;
}

/** Runs a small program beside git with text on its standard input. Never rejects; a program that takes too long is killed. */
export async function runHelper(
  program: string,
  args: readonly string[],
  input: string,
  options: { readonly env: Readonly<Record<string, string>>; readonly deadlineMs: number },
): Promise<HelperExit> {
  const child = spawn(program, args, { env: { ...options.env }, stdio: ['pipe', 'ignore', 'pipe'], timeout: options.deadlineMs, cwd: '/' });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-4_096)));
  child.stdin.on('error', () => undefined); // it ended before it read everything: its exit code says why
  child.stdin.end(input);
  return await new Promise((resolve) => {
    child.once('close', (code) => resolve({ missing: false, code, stderr }));
    child.once('error', (error: NodeJS.ErrnoException) => resolve({ missing: error.code === 'ENOENT', code: null, stderr: error.message }));
  });
}
