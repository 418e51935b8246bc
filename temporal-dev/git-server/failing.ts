import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import type { GitFault } from './faults.ts';

export const CHALLENGE = { 'www-authenticate': 'Basic realm="git"' };

/** Does to one answer what the fault says. False when the answer shall be made all the same: late, or until it is cut. */
export async function fails(fault: GitFault | undefined, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  if (fault === undefined) return false;
  if (fault === 'hang') return true;
  if (fault === 'down') request.socket.resetAndDestroy();
  else if (fault === 'page') response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>');
  else if (typeof fault === 'number') response.writeHead(fault, fault === 401 ? CHALLENGE : {}).end(`fault ${fault}\n`);
  else if ('status' in fault) response.writeHead(fault.status, fault.headers).end(`fault ${fault.status}\n`);
  else if ('redirectTo' in fault)
    response.writeHead(302, { location: `${fault.redirectTo}${/\.git(\/.*)$/.exec(request.url ?? '')?.[1] ?? ''}` }).end();
  else if ('cutAfter' in fault) return cutAfter(fault.cutAfter, response);
  else return (await setTimeout(fault.delayMs), false);
  return true;
}

/** Ends the connection in the middle of what follows. */
function cutAfter(bytes: number, response: ServerResponse): boolean {
  const write = response.write.bind(response);
  let left = bytes;
  response.write = (chunk: Buffer, ...rest: unknown[]): boolean => {
    if (chunk.length <= left) {
      left -= chunk.length;
      return (write as (...all: unknown[]) => boolean)(chunk, ...rest);
    }
    write(chunk.subarray(0, left), () => response.destroy());
    left = 0;
    return false;
  };
  return false;
}
