import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';
import { StackError } from '../failure.ts';

/** Below the range from which systems take the local ports of outgoing connections: a port stays free while its server restarts. */
const RANGE = { from: 20_000, to: 32_000 };

/** Whether nobody listens on a port of the loopback address. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A port that is free now, the remembered one if possible. Another process may still be quicker: whoever binds it must be ready to try again. */
export async function freePort(remembered?: number): Promise<number> {
  if (remembered !== undefined && (await isFree(remembered))) return remembered;
  for (let turn = 0; turn < 200; turn++) {
    const port = randomInt(RANGE.from, RANGE.to);
    if (await isFree(port)) return port;
  }
  throw new StackError(`No free port between ${RANGE.from} and ${RANGE.to} on 127.0.0.1: stop what listens there.`);
}

/** @throws StackError when somebody listens on a port that was asked for. */
export async function requireFree(port: number, what: string): Promise<void> {
  if (await isFree(port)) return;
  throw new StackError(`Port ${port} for ${what} is taken: stop what listens there, or choose another port, or none to get a free one.`);
}
