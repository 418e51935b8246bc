import { errors } from 'undici';
import { SyncError } from '../../domain/errors.ts';

/** One answer, its body read to the end. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  /** Where a redirect points; empty otherwise. */
  readonly location: string;
  readonly text: string;
  readonly path: string;
}

/** Where a call went, for messages. */
export interface Where {
  readonly origin: string;
  readonly path: string;
  /** Milliseconds. */
  readonly timeoutMs: number;
  /** Bytes. */
  readonly maxBytes: number;
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
]);
/** OpenSSL's words for an answer that is no TLS. */
const NO_TLS = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/;
const LATE = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/** Whether nothing answers there. */
export function isUnreachable(error: unknown): boolean {
  return UNREACHABLE.has(wordOf(error, 'code'));
}

/** Whether TLS was spoken to something that does not speak it, such as the port of plain http. */
export function speaksNoTls(error: unknown): boolean {
  return NO_TLS.test(wordOf(error, 'code'));
}

/** Gives a fault of the connection its name; anything else, such as the caller's own abort, stays what it is. */
export function named(error: unknown, { origin, path, timeoutMs, maxBytes }: Where): unknown {
  if (error instanceof SyncError) return error;
  const make = (reason: 'GatewayNotRunning' | 'GatewayIncompatible' | 'TlsUntrusted', message: string): SyncError =>
    new SyncError(reason, message, { cause: error });
  const code = wordOf(error, 'code');
  if (isUnreachable(error)) return make('GatewayNotRunning', `Nothing answers at ${origin}: start the gateway, or correct its port.`);
  if (error instanceof errors.ResponseExceededMaxSizeError)
    return make('GatewayIncompatible', `${path} of the gateway answered more than ${maxBytes} bytes.`);
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH')
    return make('GatewayNotRunning', `${path} of the gateway broke off in the middle of its answer.`);
  if (LATE.has(code) || wordOf(error, 'name') === 'TimeoutError')
    return make('GatewayNotRunning', `${path} of the gateway did not answer within ${timeoutMs} ms.`);
  if (code.startsWith('HPE_')) return make('GatewayIncompatible', `What answers at ${origin} does not speak HTTP.`);
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(code))
    return make('TlsUntrusted', `The gateway's certificate is not trusted (${wordOf(error, 'message')}): give its CA.`);
  if (speaksNoTls(error))
    return make('GatewayIncompatible', `What answers at ${origin} does not speak TLS: correct the port, or ask it without TLS.`);
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO')
    return make('GatewayIncompatible', `${origin} and we do not agree on TLS (${code}).`);
  return error;
}

/** The fault that an answer without success is. */
export function refused(answer: Answer, method: string): SyncError {
  const { status, path, location } = answer;
  const said = wordsOf(answer);
  const words = said === '' ? '' : ` The gateway says: ${said}`;
  if (status === 401 || status === 403) {
    const why =
      status === 401
        ? 'does not know the API key of spec.gateway.apiKeySecretRef: put the one that the gateway made (name:secret) into the Secret'
        : 'knows the API key but does not allow it this: give its security level read and write permission';
    return new SyncError('GatewayAuthFailed', `${method} ${path}: the gateway ${why} (${status}).`, { cause: { status } });
  }
  if (isWelcome(answer))
    return new SyncError('GatewayNotRunning', 'The gateway waits to be commissioned: finish its first-time setup.', {
      cause: { status },
    });
  if (status >= 300 && status < 400)
    return new SyncError(
      'GatewayIncompatible',
      `${method} ${path}: answered with a redirect to ${location.slice(0, 200)}, which is not followed: give the gateway's own address, not that of what stands in front of it.`,
    );
  if (status === 503) return new SyncError('GatewayNotRunning', `${method} ${path}: the gateway is starting (503).`, { cause: { status } });
  if (status === 404)
    return new SyncError('GatewayIncompatible', `${method} ${path}: the gateway has no such route (404). Ignition 8.3 or later is needed.`);
  return new SyncError('ScanFailed', `${method} ${path}: the gateway answered ${status}. Look at its log.${words}`);
}

/** The status with which a gateway refused a key; undefined when the fault is another. */
export function refusedWith(error: unknown): 401 | 403 | undefined {
  if (!(error instanceof SyncError) || error.reason !== 'GatewayAuthFailed') return undefined;
  const { status } = (error.cause ?? {}) as { status?: unknown };
  return status === 401 || status === 403 ? status : undefined;
}

/**
 * Whether a fault leaves no doubt that no gateway runs there: nothing listens, or what does says that it starts or waits to be commissioned.
 * A connection that broke off and an answer that is late leave doubt.
 */
export function isSurelyDown(error: unknown): boolean {
  if (!(error instanceof SyncError) || error.reason !== 'GatewayNotRunning') return false;
  const { status } = (error.cause ?? {}) as { status?: unknown };
  return status !== undefined || wordOf(error.cause, 'code') === 'ECONNREFUSED';
}

/** A gateway that waits for its first-time setup sends everybody to one page. */
export function isWelcome({ status, location }: Answer): boolean {
  return status >= 300 && status < 400 && /(^|\/)welcome\/?$/.test(location.replace(/[?#].*$/, ''));
}

const MAX_WORDS = 300;

/** The gateway's own words in an answer that is no success, cut; empty when it has none. */
export function wordsOf({ contentType, text }: Pick<Answer, 'contentType' | 'text'>): string {
  const said = /^application\/json\b/i.test(contentType) ? wordsOfJson(text) : /<th>MESSAGE:<\/th>\s*<td>([^<]*)/i.exec(text)?.[1];
  return (said ?? '').trim().slice(0, MAX_WORDS);
}

function wordsOfJson(text: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return wordsIn(value);
}

/** `{message}`, `{problem}` as text or as an object, `{messages:[…], fieldMessages:[{fieldName, messages}]}`: all were seen. */
export function wordsIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { message, problem, messages, fieldMessages } = value as Record<string, unknown>;
  if (typeof message === 'string') return message;
  if (typeof problem === 'string') return problem;
  const said = [...(Array.isArray(messages) ? messages.map(String) : []), ...wordsOfFields(fieldMessages)];
  if (said.length > 0) return said.join('; ');
  return problem === undefined ? undefined : wordsIn(problem);
}

function wordsOfFields(fields: unknown): string[] {
  if (!Array.isArray(fields)) return [];
  return fields.flatMap((field: unknown) => {
    const { fieldName, messages } = (typeof field === 'object' && field !== null ? field : {}) as Record<string, unknown>;
    return typeof fieldName === 'string' && Array.isArray(messages) ? [`${fieldName}: ${messages.map(String).join(', ')}`] : [];
  });
}

function wordOf(error: unknown, word: 'code' | 'name' | 'message'): string {
  const value: unknown =
    typeof error === 'object' && error !== null && word in error ? (error as Record<string, unknown>)[word] : undefined;
  return typeof value === 'string' ? value : '';
}
