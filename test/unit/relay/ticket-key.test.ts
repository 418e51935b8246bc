import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkTicket } from '../../../src/agent/ticket.ts';
import { TicketKey } from '../../../src/relay/ticket-key.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ticket-key-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const CLAIMS = {
  object: { namespace: 'n', name: 's', uid: 'u' },
  rollout: 'r',
  planDigest: 'p',
  target: 't',
  op: 'o',
  gateway: 'g',
  namespace: 'n',
};

test('relays with one key file sign for each other', async () => {
  const file = join(folder, 'key.pem');
  writeFileSync(file, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const [one, other] = [await TicketKey.fromFile(file), await TicketKey.fromFile(file)];
  const ticket = one.sign({ ...CLAIMS, issuedAt: 'now' });
  expect(() => checkTicket({ ticket, validForMs: 5000 }, other.publicPem, CLAIMS, 0, () => 0)()).not.toThrow();
  expect(() => checkTicket({ ticket, validForMs: 5000 }, TicketKey.generate().publicPem, CLAIMS, 0, () => 0)).toThrow(/not signed/);
});

test('a key of another kind is refused with the command that makes the right one', async () => {
  const file = join(folder, 'rsa.pem');
  writeFileSync(file, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await expect(TicketKey.fromFile(file)).rejects.toThrow(/openssl genpkey -algorithm ed25519/);
});
