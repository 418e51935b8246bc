import type { IgnitionClient } from '../clients/ignition/client.ts';
import { SyncError } from '../domain/errors.ts';
import { count, listSome } from '../domain/plan/text.ts';

/** People named in a message. */
const NAMED = 3;

/**
 * Who would be thrown out by a restart: everybody in a Designer, in front of Perspective, or with a Vision client, whatever the project.
 * @returns sentences; a list that cannot be read counts as somebody there
 */
export async function whoIsIn(client: IgnitionClient, signal: AbortSignal): Promise<string[]> {
  const lists: readonly [string, Promise<readonly { readonly user?: string | null | undefined }[]>][] = [
    ['Designer', client.designers(signal)],
    ['Perspective session', client.perspectiveSessions(signal).then((all = []) => all.map(({ username }) => ({ user: username })))],
    ['Vision client', client.visionClients(signal).then((all = []) => all)],
  ];
  const said = await Promise.all(
    lists.map(async ([kind, list]) => {
      try {
        const sessions = await list;
        if (sessions.length === 0) return [];
        const users = [...new Set(sessions.flatMap(({ user }) => (user ? [user] : [])))];
        return [`${count(sessions.length, kind)}${users.length > 0 ? ` (${listSome(users, NAMED)})` : ''}`];
      } catch (error) {
        if (!(error instanceof SyncError)) throw error;
        return [`whoever has a ${kind} open, which cannot be told (${error.message})`];
      }
    }),
  );
  return said.flat();
}
