import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { TicketClaims } from '../contract/relay.ts';

/** The key that signs tickets. Agents learn its public half with `hello`. */
export class TicketKey {
  readonly #private: KeyObject;
  /** PEM. */
  readonly publicPem: string;

  private constructor(key: KeyObject) {
    this.#private = key;
    this.publicPem = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
  }

  /** A key of this process alone: agents of another relay process ask it anew. */
  static generate(): TicketKey {
    return new TicketKey(generateKeyPairSync('ed25519').privateKey);
  }

  /** @throws Error when the file is not the PEM of an Ed25519 private key. */
  static async fromFile(file: string): Promise<TicketKey> {
    const key = createPrivateKey(await readFile(file));
    if (key.asymmetricKeyType !== 'ed25519')
      throw new Error(`${file}: an Ed25519 private key is needed (openssl genpkey -algorithm ed25519)`);
    return new TicketKey(key);
  }

  sign(claims: TicketClaims): string {
    const text = Buffer.from(JSON.stringify(claims)).toString('base64url');
    return `${text}.${sign(null, Buffer.from(text), this.#private).toString('base64url')}`;
  }
}
