import { createHash } from 'node:crypto';

/** An API key as far as it may be told: its name, and the hash by which gateways know it. */
export interface ApiKey {
  readonly name: string;
  readonly tokenHash: string;
}

/** Reads `name:secret`; undefined when it is none. The hash is that of the decoded secret, as gateways store it. */
export function readApiKey(text: string): ApiKey | undefined {
  const [, name, secret] = /^([^:]+):(\S+)$/.exec(text.trim()) ?? [];
  if (name === undefined || secret === undefined) return undefined;
  return { name, tokenHash: createHash('sha256').update(Buffer.from(secret, 'base64url')).digest('base64url') };
}
