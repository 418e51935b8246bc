import { z } from 'zod';
import type { TicketRefusal, TicketRequest, TicketResponse } from '../../contract/relay.ts';
import { refuseTicket, type TicketQuestion } from '../../domain/ticket.ts';
import type { Caller } from '../callers.ts';
import type { ContentGrants } from '../content.ts';
import type { Known, RelayObjects } from '../objects.ts';
import { Refused } from '../refused.ts';
import type { TicketKey } from '../ticket-key.ts';
import { Digest, Short } from '../wire.ts';

/** How long a ticket counts, milliseconds. */
const VALID_MS = 5_000;
/** A watch that has been silent for longer is helped by one direct read, milliseconds. */
const SILENT_MS = 1_000;

export const Ticket = z.object({
  object: z.object({ namespace: Short, name: Short, uid: Short }),
  rollout: Short,
  planDigest: Digest,
  target: Digest,
  op: Short,
}) satisfies z.ZodType<TicketRequest>;

/** Gives or refuses the permission to make one plan live on the caller's gateway. */
export function createTicket(syncs: RelayObjects['syncs'], grants: ContentGrants, key: TicketKey, now: () => Date) {
  return async (caller: Caller, request: TicketRequest): Promise<TicketResponse> => {
    const gateway = { namespace: caller.namespace, name: caller.gateway, syncName: caller.syncName };
    const { namespace, name } = request.object;
    const refusal = (known: Known<TicketQuestion['sync']>) =>
      refuseTicket({ request, gateway, sync: known.object, viewAgeMs: known.ageMs });
    // A watch may be a moment behind what was written just before the agent asked, so no refusal rests on it alone.
    const known = await syncs.known(namespace, name, SILENT_MS, (sync) => refusal({ object: sync, ageMs: 0 }) === undefined);
    const fault: TicketRefusal | undefined = refusal(known);
    if (fault) throw new Refused(403, fault.reason, fault.message);
    if (!(await grants.mayReadManifest(caller.namespace, caller.gateway, request.target))) {
      throw new Refused(
        403,
        'NotCurrentRollout',
        `No ticket: manifest ${request.target} was not planned for gateway ${caller.namespace}/${caller.gateway}.`,
      );
    }
    const ticket = key.sign({ ...request, gateway: caller.gateway, namespace: caller.namespace, issuedAt: now().toISOString() });
    return { ticket, validForMs: VALID_MS };
  };
}
