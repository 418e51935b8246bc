import type { IgnitionClient } from '../clients/ignition/client.ts';
import { isSurelyDown } from '../clients/ignition/failure.ts';
import { SyncError } from '../domain/errors.ts';
import { count, listSome } from '../domain/plan/text.ts';
import { bySessions, type Session, type SessionKind, type SessionPolicy, type SessionsSeen } from '../domain/sessions.ts';
import { projectOf, type Change } from './change.ts';

/** Milliseconds for the lists of sessions. */
const PATIENCE_MS = 5_000;
/** People named in a message. */
const NAMED = 3;

/** What each kind of session is called, and how those are listed. */
const KINDS: Readonly<Record<SessionKind, SessionList>> = {
  Designer: {
    reason: 'DesignerOpen',
    field: 'designerSessionPolicy',
    list: async (client, signal) => (await client.designers(signal)).map(({ user, project, address }) => sessionOf(user, project, address)),
    say: (sessions) =>
      sessions.map(
        ({ user = 'somebody', project = 'a project', address }) =>
          `${user} has ${project} open in a Designer${address ? ` at ${address}` : ''}`,
      ),
  },
  Perspective: {
    reason: 'PerspectiveOpen',
    field: 'perspectiveSessionPolicy',
    list: async (client, signal) =>
      ((await client.perspectiveSessions(signal)) ?? []).map(({ username, project }) => sessionOf(username, project, undefined)),
    say: (sessions) =>
      bySessions(sessions).projects.map(({ project, sessions: n }) => {
        const users = [...new Set(sessions.flatMap((one) => (one.project === project && one.user ? [one.user] : [])))];
        return `${project} is open in ${count(n, 'Perspective session')}${users.length > 0 ? ` of ${listSome(users, NAMED)}` : ''}`;
      }),
  },
};

interface SessionList {
  readonly reason: 'DesignerOpen' | 'PerspectiveOpen';
  /** The field of a SyncProfile that holds its policy. */
  readonly field: string;
  readonly list: (client: IgnitionClient, signal: AbortSignal) => Promise<Session[]>;
  readonly say: (sessions: readonly Session[]) => string[];
}

/** What becomes of a change that people may notice. */
export interface SessionPolicies {
  /** Designers are not asked for when absent: a plan from before there was a policy. */
  readonly designers?: SessionPolicy;
  /** `proceed` when absent. */
  readonly perspective?: SessionPolicy;
}

/**
 * Looks directly before files change whether somebody has a project open that this change touches. A list that cannot be read counts as
 * somebody there; a gateway that surely does not run, by its state and by its lists, has nobody.
 * @returns who was there where the policy is to proceed
 * @throws SyncError DesignerOpen, PerspectiveOpen, naming who has what open; nothing has changed then
 */
export async function guardSessions(
  client: IgnitionClient,
  { designers, perspective = 'proceed' }: SessionPolicies,
  changes: Iterable<Change>,
  signal: AbortSignal,
): Promise<SessionsSeen[]> {
  const projects = new Set<string>();
  for (const { path } of changes) {
    const project = projectOf(path);
    if (project !== undefined) projects.add(project.toLowerCase());
  }
  if (projects.size === 0) return [];
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  const isTouched = ({ project }: Session): boolean => project === undefined || projects.has(project.toLowerCase());
  const running = client.state(limit).then(
    (state) => state === 'Running',
    () => true, // what cannot be told is no sign that nobody is there
  );
  const seen = await Promise.all([
    designers && look(client, 'Designer', designers, { running, isTouched, signal: limit }),
    look(client, 'Perspective', perspective, { running, isTouched, signal: limit }),
  ]).catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
  return seen.filter((one) => one !== undefined);
}

interface Look {
  readonly running: Promise<boolean>;
  readonly isTouched: (session: Session) => boolean;
  readonly signal: AbortSignal;
}

async function look(client: IgnitionClient, kind: SessionKind, policy: SessionPolicy, at: Look): Promise<SessionsSeen | undefined> {
  const { list, say } = KINDS[kind];
  try {
    const open = (await list(client, at.signal)).filter(at.isTouched);
    if (open.length === 0) return undefined;
    if (policy === 'proceed') return { kind, ...bySessions(open) };
    throw refusal(kind, policy, say(open));
  } catch (error) {
    if (!(error instanceof SyncError) || error.reason === KINDS[kind].reason) throw error;
    if (isSurelyDown(error) && !(await at.running)) return undefined;
    if (policy === 'proceed') return { kind, projects: [], unreadable: error.message };
    throw refusal(kind, policy, [
      `it cannot be told who has ${kind === 'Designer' ? 'a Designer' : 'Perspective'} open (${error.message})`,
    ]);
  }
}

function refusal(kind: SessionKind, policy: 'wait' | 'fail', open: readonly string[]): SyncError {
  const { reason, field } = KINDS[kind];
  const next = policy === 'wait' ? 'It goes on when they are closed' : 'Close them, then retryGateway';
  return new SyncError(reason, `${listSome(open, NAMED)}: nothing was written. ${next}; or set ${field}: proceed in the profile.`);
}

function sessionOf(user: string | null | undefined, project: string | null | undefined, address: string | null | undefined): Session {
  return { user: user || undefined, project: project || undefined, address: address || undefined };
}
