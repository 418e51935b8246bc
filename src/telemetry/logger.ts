import { type Logger, pino } from 'pino';

export type { Logger };

/** JSON lines on stdout, one logger per process. Values under these names never reach a log line. */
export function createLogger(process_: string, level = process.env['LOG_LEVEL'] ?? 'info'): Logger {
  return pino({
    base: { process: process_ },
    level,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: ['token', 'password', 'apiKey', 'authorization', '*.token', '*.password', '*.apiKey', '*.authorization'],
      censor: '[redacted]',
    },
  });
}
