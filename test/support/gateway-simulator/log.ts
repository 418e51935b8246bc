export type Level = 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
export const LEVELS: readonly Level[] = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'];

/** One line of the gateway's log as the API shows it [facts 1.12]. `timestamp` in epoch milliseconds. */
export interface LogLine {
  readonly timestamp: number;
  readonly loggerName: string;
  readonly level: Level;
  readonly message: string;
}

const KEPT = 50_000;

/** The gateway's log. */
export class Log {
  readonly #lines: LogLine[] = [];

  write(level: Level, loggerName: string, message: string): void {
    this.#lines.push({ timestamp: Date.now(), loggerName, level, message });
    if (this.#lines.length > KEPT) this.#lines.splice(0, KEPT / 10);
  }

  lines(): readonly LogLine[] {
    return this.#lines;
  }
}
