import { createPublicKey, verify } from 'node:crypto';
import { z } from 'zod';
import type { TicketClaims, TicketResponse } from '../contract/relay.ts';
import { SyncError } from '../domain/errors.ts';

/** No ticket is good for longer, whatever it says. */
const MAX_VALID_MS = 5000;

const Claims = z.object({
  object: z.object({ namespace: z.string(), name: z.string(), uid: z.string() }),
  rollout: z.string(),
  planDigest: z.string(),
  target: z.string(),
  op: z.string(),
  gateway: z.string(),
  namespace: z.string(),
  issuedAt: z.string(),
});

/** What a ticket must say to be good here. */
export type ExpectedClaims = Omit<TicketClaims, 'issuedAt'>;

/**
 * Checks that the relay, and nobody else, permits exactly this.
 * @param askedAtMs when it was asked for, on the clock that `nowMs` reads
 * @returns a check of whether it is still good, to be made directly before the commit point
 * @throws SyncError TicketRefused
 */
export function checkTicket(
  response: TicketResponse,
  key: string,
  expected: ExpectedClaims,
  askedAtMs: number,
  nowMs: () => number,
): () => void {
  const [payload = '', signature = '', ...rest] = response.ticket.split('.');
  if (rest.length > 0 || !verify(null, Buffer.from(payload), createPublicKey(key), Buffer.from(signature, 'base64url'))) {
    throw new SyncError('TicketRefused', "The ticket is not signed with the relay's key.");
  }
  const wrong = differences(readClaims(payload), expected);
  if (wrong.length > 0) throw new SyncError('TicketRefused', `The ticket was issued for something else: ${wrong.join(', ')} differ.`);
  const validForMs = Math.min(response.validForMs, MAX_VALID_MS);
  return () => {
    const age = nowMs() - askedAtMs;
    if (age > validForMs)
      throw new SyncError('TicketRefused', `The ticket ran out before the commit point: ${Math.round(age)} ms of ${validForMs} ms.`);
  };
}

function readClaims(payload: string): TicketClaims {
  try {
    return Claims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
  } catch (error) {
    throw new SyncError('TicketRefused', 'The ticket cannot be read.', { cause: error });
  }
}

function differences(claims: TicketClaims, expected: ExpectedClaims): string[] {
  const flat = ({ object, ...other }: ExpectedClaims): Record<string, string> => ({
    ...Object.fromEntries(Object.entries(object).map(([name, value]) => [`object.${name}`, value])),
    ...other,
  });
  const said = flat(claims);
  return Object.entries(flat(expected)).flatMap(([name, value]) => (said[name] === value ? [] : [name]));
}
