import type { IgnitionClient } from '../clients/ignition/client.ts';
import type { DesignerPolicy } from '../contract/activities.ts';
import { SyncError } from '../domain/errors.ts';
import { listSome } from '../domain/plan/text.ts';
import { projectOf, type Change } from './change.ts';

/** Milliseconds for the list of Designers. */
const PATIENCE_MS = 5_000;
/** People named in a message. */
const NAMED = 3;

/**
 * Looks directly before files change whether somebody has a project open in a Designer that this change touches. A list that cannot be read
 * counts as somebody there; a gateway that does not run has nobody.
 * @throws SyncError DesignerOpen naming who has what open; nothing has changed then
 */
export async function guardDesigners(
  client: IgnitionClient,
  policy: DesignerPolicy | undefined,
  changes: Iterable<Change>,
  signal: AbortSignal,
): Promise<void> {
  if (policy === undefined || policy === 'proceed') return; // undefined: a plan from before there was a policy
  const projects = new Set<string>();
  for (const { path } of changes) {
    const project = projectOf(path);
    if (project !== undefined) projects.add(project.toLowerCase());
  }
  if (projects.size === 0) return;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  const open = await openIn(client, projects, limit).catch((error: unknown) => {
    signal.throwIfAborted();
    if (!(error instanceof SyncError)) throw error;
    return [`it cannot be told who has a Designer open (${error.message})`];
  });
  if (open.length === 0) return;
  const next = policy === 'wait' ? 'It goes on when they are closed' : 'Close them, then retryGateway';
  throw new SyncError(
    'DesignerOpen',
    `${listSome(open, NAMED)}: nothing was written. ${next}; or set designerSessionPolicy: proceed in the profile.`,
  );
}

async function openIn(client: IgnitionClient, projects: ReadonlySet<string>, signal: AbortSignal): Promise<string[]> {
  if ((await client.state(signal)) !== 'Running') return [];
  const designers = await client.designers(signal);
  return designers
    .filter(({ project }) => !project || projects.has(project.toLowerCase()))
    .map(
      ({ user, project, address }) =>
        `${user ?? 'somebody'} has ${project ?? 'a project'} open in a Designer${address ? ` at ${address}` : ''}`,
    );
}
