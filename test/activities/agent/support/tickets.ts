import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { HelloResponse, TicketRequest, TicketResponse } from '../../../../src/contract/relay.ts';

/** The relay's half of tickets, with everything about it that a test may want wrong. */
export class TicketOffice {
  key = generateKeyPairSync('ed25519');
  validForMs = 5000;
  /** Signs with this instead of the key that `hello` told. */
  forgedWith: KeyObject | undefined;
  /** Changes what the ticket is for. */
  altered: Partial<TicketRequest> & { gateway?: string } = {};
  asked: TicketRequest[] = [];

  hello(): HelloResponse {
    const ticketKey = this.key.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    return { namespace: 'plant', gateway: 'line-1', taskQueue: 'ignition-gateway/plant/line-1', ticketKey };
  }

  issue(request: TicketRequest): TicketResponse {
    this.asked.push(request);
    const claims = { ...request, namespace: 'plant', gateway: 'line-1', issuedAt: new Date(0).toISOString(), ...this.altered };
    const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
    const signature = sign(null, Buffer.from(payload), this.forgedWith ?? this.key.privateKey).toString('base64url');
    return { ticket: `${payload}.${signature}`, validForMs: this.validForMs };
  }
}
