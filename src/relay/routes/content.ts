import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { MAX_BLOBS_PER_REQUEST } from '../../contract/relay.ts';
import type { Caller } from '../callers.ts';
import type { ContentGrants, ContentReader } from '../content.ts';
import { Refused } from '../refused.ts';
import { Digest } from '../wire.ts';

export const Blobs = z.object({ digests: z.array(Digest).max(MAX_BLOBS_PER_REQUEST) });

/** Sends the canonical text of a manifest that was planned for the caller's gateway. */
export async function sendManifest(
  grants: ContentGrants,
  store: ContentReader,
  caller: Caller,
  digest: string,
  response: ServerResponse,
): Promise<void> {
  if (!(await grants.mayReadManifest(caller.namespace, caller.gateway, digest))) throw notYours('manifest', digest, caller);
  const text = await store.readManifestText(digest);
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}

/** Sends blobs that manifests of the caller's gateway name, one after the other, never more than a piece of one in memory. */
export async function sendBlobs(
  grants: ContentGrants,
  store: ContentReader,
  caller: Caller,
  digests: readonly string[],
  response: ServerResponse,
): Promise<void> {
  for (const digest of digests) {
    if (!(await grants.mayReadBlob(caller.namespace, caller.gateway, digest))) throw notYours('file', digest, caller);
  }
  for (const digest of digests) {
    const { size, stream } = await store.openBlob(digest);
    // The first blob is open, so what can be said with a status has been said.
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/octet-stream' });
    await write(response, `${JSON.stringify({ sha256: digest, size })}\n`);
    for await (const piece of stream) await write(response, piece as Uint8Array);
  }
  response.end();
}

async function write(response: ServerResponse, piece: string | Uint8Array): Promise<void> {
  if (response.destroyed) throw new Error('the agent went away');
  if (response.write(piece)) return;
  const gone = new AbortController();
  const onClose = (): void => gone.abort();
  response.once('close', onClose);
  try {
    await once(response, 'drain', { signal: gone.signal });
  } finally {
    response.off('close', onClose);
  }
}

function notYours(what: string, digest: string, { namespace, gateway }: Caller): Refused {
  return new Refused(403, 'ContentUnavailable', `${what} ${digest} was not planned for gateway ${namespace}/${gateway}.`);
}
