import type { IncomingMessage, ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import type { GitRequests } from './faults.ts';

/** Counts what one repository is asked for over HTTP. */
export class RequestCount {
  #sessions = 0;
  #fetches = 0;
  #bytes = 0;

  get total(): GitRequests {
    return { sessions: this.#sessions, fetches: this.#fetches, bytes: this.#bytes };
  }

  see(request: IncomingMessage, response: ServerResponse): void {
    if (!(request.url ?? '').includes('git-upload-pack')) return; // a push
    if (request.method === 'GET') this.#sessions += 1;
    const body: Buffer[] = [];
    request.on('data', (chunk: Buffer) => body.push(chunk));
    request.once('end', () => {
      const bytes = Buffer.concat(body);
      const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString('latin1');
      // A fetch may take several rounds of saying what is there already; the last one says "done".
      if (text.includes('command=fetch') && text.includes('0009done')) this.#fetches += 1;
    });
    const write = response.write.bind(response) as (...all: unknown[]) => boolean;
    response.write = (chunk: Buffer, ...rest: unknown[]): boolean => {
      this.#bytes += chunk.length;
      return write(chunk, ...rest);
    };
  }
}
