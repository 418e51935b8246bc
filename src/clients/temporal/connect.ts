import { readFile } from 'node:fs/promises';
import { Client, Connection } from '@temporalio/client';

/** Where Temporal is, and how to log in. */
export interface TemporalAddress {
  readonly TEMPORAL_ADDRESS: string;
  readonly TEMPORAL_NAMESPACE: string;
  readonly TEMPORAL_TLS: boolean;
  readonly TEMPORAL_API_KEY_FILE?: string | undefined;
}

/** A client for processes that run no workers. Connects at its first call, so processes may start in any order. */
export async function createTemporalClient(env: TemporalAddress): Promise<Client> {
  const apiKey = env.TEMPORAL_API_KEY_FILE ? (await readFile(env.TEMPORAL_API_KEY_FILE, 'utf8')).trim() : undefined;
  const connection = Connection.lazy({
    address: env.TEMPORAL_ADDRESS,
    ...(env.TEMPORAL_TLS ? { tls: true } : {}),
    ...(apiKey ? { apiKey } : {}),
  });
  return new Client({ connection, namespace: env.TEMPORAL_NAMESPACE });
}
