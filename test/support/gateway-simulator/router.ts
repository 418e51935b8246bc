import type { Gateway } from './gateway.ts';
import type { Reply } from './answers.ts';

/** One call, with what its path and query say. */
export interface Call {
  readonly gateway: Gateway;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly path: string;
  readonly body: () => Promise<string>;
  /** Who calls, as locks name them [facts 1.4]. */
  readonly actor: string;
}

export type Handler = (call: Call) => Reply | Promise<Reply>;

interface Route {
  readonly method: string;
  readonly segments: readonly string[];
  readonly handle: Handler;
}

/** Routes by method and path. `:name` takes one segment, `*name` the rest; both are percent-decoded. */
export class Router {
  readonly #routes: readonly Route[];

  constructor(routes: Readonly<Record<string, Handler>>) {
    this.#routes = Object.entries(routes).map(([route, handle]) => {
      const [method = '', path = ''] = route.split(' ');
      return { method, segments: path.split('/'), handle };
    });
  }

  find(method: string, path: string): { handle: Handler; params: Record<string, string> } | undefined {
    const given = path.split('/');
    for (const { method: wanted, segments, handle } of this.#routes) {
      const params = wanted === method ? match(segments, given) : undefined;
      if (params) return { handle, params };
    }
    return undefined;
  }
}

function match(segments: readonly string[], given: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const rest = segment.startsWith('*');
    const value = rest ? given.slice(index).map(decode).join('/') : given[index];
    if (value === undefined) return undefined;
    if (rest) return { ...params, [segment.slice(1)]: value };
    if (segment.startsWith(':')) params[segment.slice(1)] = decode(value);
    else if (segment !== value) return undefined;
  }
  return given.length === segments.length ? params : undefined;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
