import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GitRequests } from './faults.ts';

/** Begins what is fetched, after as many rounds of saying what is there already as it takes. */
const PACK = '000dpackfile';

/** Counts what one repository is asked for over HTTP, pushes left out. */
export class RequestCount {
  #sessions = 0;
  #fetches = 0;
  #bytes = 0;

  get total(): GitRequests {
    return { sessions: this.#sessions, fetches: this.#fetches, bytes: this.#bytes };
  }

  see(request: IncomingMessage, response: ServerResponse): void {
    if (!(request.url ?? '').includes('git-upload-pack')) return;
    if (request.method === 'GET') this.#sessions += 1;
    const write = response.write.bind(response) as (...all: unknown[]) => boolean;
    let fetched = false;
    response.write = (chunk: Buffer, ...rest: unknown[]): boolean => {
      this.#bytes += chunk.length;
      if (!fetched && chunk.includes(PACK)) {
        fetched = true;
        this.#fetches += 1;
      }
      return write(chunk, ...rest);
    };
  }
}
