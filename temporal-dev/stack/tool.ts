import { spawn } from 'node:child_process';
import { StackError } from '../failure.ts';

/** How a command line tool is run. */
export interface ToolOptions {
  /** Given to its standard input. */
  readonly input?: string;
  readonly cwd?: string;
}

/**
 * Runs a tool to its end and returns what it printed.
 * @throws StackError with what it said on standard error when it fails.
 */
export function runTool(command: string, args: readonly string[], env: NodeJS.ProcessEnv, options: ToolOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, cwd: options.cwd, stdio: ['pipe', 'pipe', 'pipe'] });
    const parts: Record<'out' | 'err', string> = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (parts.out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (parts.err += text));
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(parts.out);
      else reject(new StackError(`${[command, ...args].join(' ')} failed: ${(parts.err || parts.out).trim()}`));
    });
  });
}
