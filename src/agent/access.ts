import type { ApiKey } from '../clients/ignition/api-key.ts';
import type { IgnitionClient } from '../clients/ignition/client.ts';
import { isSupportedVersion } from '../clients/ignition/wire.ts';
import { SyncError } from '../domain/errors.ts';
import { listSome } from '../domain/plan/text.ts';
import type { Reason } from '../domain/reasons.ts';
import { projectOf, type Change } from './change.ts';
import type { NodeState } from '../domain/redundancy/node.ts';
import type { Doing } from './ports.ts';
import { nodeOf } from './redundancy/node.ts';

/** What no scan will get past either. Anything else may be over by then. */
const LASTING: readonly Reason[] = ['GatewayIncompatible', 'TlsUntrusted'];

/** What is known of a gateway before its files are changed. */
export interface Access {
  /** Undefined where it does not run. */
  readonly edition?: string | undefined;
  /** The key that it is asked with. */
  readonly key?: ApiKey | undefined;
  /** Its part in a redundant pair; undefined where it could not be asked. */
  readonly node?: NodeState;
  /** That it refuses the key: no reason against a change that brings it. */
  readonly refused?: SyncError;
}

/**
 * Finds out before anything is changed whether the gateway is one of 8.3 and will let itself be told to scan. One that does not run is fine:
 * it loads the files when it starts.
 * @throws SyncError GatewayIncompatible, TlsUntrusted
 */
export async function proveAccess(client: IgnitionClient, doing: Doing): Promise<Access> {
  let key: ApiKey | undefined;
  let node: NodeState | undefined;
  try {
    const state = await client.state(doing.signal);
    key = state === 'Running' ? await client.key() : await client.key().catch(() => undefined);
    if (state !== 'Running') return { key, node: { running: false } };
    // Without a key and on every version: 8.1 does not know the routes that would tell.
    const info = await client.gwInfo(doing.signal);
    guardVersion(info?.version);
    node = nodeOf(info);
    const { ignitionVersion, edition } = await client.gatewayInfo(doing.signal);
    guardVersion(ignitionVersion);
    return { edition, key, node };
  } catch (error) {
    if (error instanceof SyncError && error.reason === 'GatewayAuthFailed') return { key, refused: error };
    if (error instanceof SyncError && LASTING.includes(error.reason)) throw error;
    doing.signal.throwIfAborted();
    return { key, ...(node && { node }) };
  }
}

function guardVersion(version: string | undefined): void {
  if (version === undefined || isSupportedVersion(version) !== false) return;
  throw new SyncError(
    'GatewayIncompatible',
    `This gateway is Ignition ${version}, which keeps its configuration in a database instead of files and has no scan: upgrade it to 8.3 or later, or take it out of the sync.`,
  );
}

/** The one project of an Edge gateway. */
const EDGE_PROJECT = 'Edge';

/** @throws SyncError InvalidProfile when an Edge gateway would be given a project that it cannot have */
export function guardEdge({ edition }: Access, changes: Iterable<Change>): void {
  if (edition?.toLowerCase() !== 'edge') return;
  const names = new Set<string>();
  for (const { path, after } of changes) if (after) names.add(projectOf(path) ?? EDGE_PROJECT);
  const others = [...names].filter((name) => name !== EDGE_PROJECT);
  if (others.length === 0) return;
  throw new SyncError(
    'InvalidProfile',
    `This is an Edge gateway: its only project is projects/${EDGE_PROJECT}, and the plan brings ${listSome(others, 5)}. Map the folder of one project to the destination projects/${EDGE_PROJECT} in a profile of its own.`,
  );
}
