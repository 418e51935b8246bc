import type { IgnitionClient } from '../clients/ignition/client.ts';
import { SyncError } from '../domain/errors.ts';
import type { Reason } from '../domain/reasons.ts';
import type { Doing } from './ports.ts';

/** What no scan will get past either. Anything else may be over by then. */
const LASTING: readonly Reason[] = ['GatewayAuthFailed', 'GatewayIncompatible', 'TlsUntrusted'];

/**
 * Finds out before anything is changed whether the gateway will let itself be told to scan. One that does not run is fine: it loads the
 * files when it starts.
 * @throws SyncError GatewayAuthFailed, GatewayIncompatible, TlsUntrusted
 */
export async function proveAccess(client: IgnitionClient, doing: Doing): Promise<void> {
  try {
    if ((await client.state(doing.signal)) === 'Running') await client.gatewayInfo(doing.signal);
  } catch (error) {
    if (error instanceof SyncError && LASTING.includes(error.reason)) throw error;
    doing.signal.throwIfAborted();
  }
}
