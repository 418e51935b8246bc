import type { IgnitionClient } from '../../clients/ignition/client.ts';
import { speaksNoTls } from '../../clients/ignition/failure.ts';
import type { IgnitionAddress, IgnitionHttp } from '../../clients/ignition/http.ts';
import { SyncError } from '../../domain/errors.ts';

type State = Awaited<ReturnType<IgnitionClient['state']>>;

/**
 * What keeps the connection itself from working, and what to do: the end of the sentence "… cannot be asked: …".
 * @returns undefined where something answers
 */
export async function connectionObstacle(http: IgnitionHttp): Promise<string | undefined> {
  try {
    if (await http.probe('/StatusPing')) return undefined;
    return 'nothing answers there: start the gateway, or correct the address';
  } catch (error) {
    return whyNotConnected(error);
  }
}

function whyNotConnected(error: unknown): string {
  if (!(error instanceof SyncError)) return error instanceof Error ? error.message : String(error);
  const { reason, cause, message } = error;
  if (reason === 'TlsUntrusted')
    return `its certificate is not trusted (${cause instanceof Error ? cause.message : 'unknown'}): give its CA with --ca-file`;
  if (speaksNoTls(cause)) return 'what answers there does not speak TLS: write http://, or give the port of https';
  return message;
}

/** What keeps most of a gateway that answers from being looked at; undefined where it can be. */
export async function answerObstacle(
  http: IgnitionHttp,
  state: State | undefined,
  keyFile: IgnitionAddress['tokenFile'],
): Promise<string | undefined> {
  if (state === 'Starting') return 'it is starting: ask again when it runs';
  if (state === 'Commissioning') return 'it waits for its first-time setup: finish that, then ask again';
  const status = await http.ask('GET', '/data/api/v1/gateway-info', {}).then(
    (answer) => answer.status,
    () => undefined,
  );
  if (status !== 401 && status !== 403) return undefined;
  if (keyFile === undefined) return 'it needs an API key: give a file with one (name:secret) with --key-file';
  return status === 401
    ? `it does not know the API key in ${keyFile} (401): give one that this gateway made with --key-file`
    : `it knows the API key in ${keyFile} but does not let it read (403): give its security level read permission, or another with --key-file`;
}
