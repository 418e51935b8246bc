import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** What a sender showed. */
export interface Shown {
  readonly signature: string | undefined;
  readonly authorization: string | undefined;
  readonly body: Uint8Array;
}

/**
 * Whether a sender knows the secret: by the HMAC of the body (`X-Hub-Signature-256: sha256=…`) or by showing it as a bearer token.
 * Takes the same time whatever differs.
 */
export function knowsSecret({ signature, authorization, body }: Shown, secret: string): boolean {
  const expected = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  const bySignature = signature !== undefined && same(signature.toLowerCase(), expected);
  const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
  const byToken = token !== undefined && same(token, secret);
  return secret !== '' && (bySignature || byToken);
}

function same(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
