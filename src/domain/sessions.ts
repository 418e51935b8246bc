import { count } from './plan/text.ts';

/** What becomes of a change to a project that somebody has open. */
export type SessionPolicy = 'wait' | 'proceed' | 'fail';

/** In what people have projects open. */
export type SessionKind = 'Designer' | 'Perspective';

/** Somebody who has a project open; without `project` it may be any. */
export interface Session {
  readonly user?: string | undefined;
  readonly project?: string | undefined;
  readonly address?: string | undefined;
}

/** The sessions of one kind that were open when files changed all the same. */
export interface SessionsSeen {
  readonly kind: SessionKind;
  /** Projects by name, the first few. */
  readonly projects: readonly { readonly project: string; readonly sessions: number }[];
  /** Further projects. */
  readonly more?: number;
  /** Why it cannot be told who was there. */
  readonly unreadable?: string;
}

const PROJECTS_NAMED = 5;
/** Stands where a gateway does not say which project it is. */
const ANY_PROJECT = 'a project';

/** How many sessions of which project, busiest first. */
export function bySessions(sessions: readonly Session[]): Pick<SessionsSeen, 'projects' | 'more'> {
  const counts = new Map<string, number>();
  for (const { project = ANY_PROJECT } of sessions) counts.set(project, (counts.get(project) ?? 0) + 1);
  const all = [...counts].map(([project, n]) => ({ project, sessions: n })).sort((a, b) => b.sessions - a.sessions);
  const more = all.length - PROJECTS_NAMED;
  return { projects: all.slice(0, PROJECTS_NAMED), ...(more > 0 && { more }) };
}

/** What people may have noticed of a sync, in sentences for status and history; empty when nobody was there. */
export function seenSessions(seen: readonly SessionsSeen[] = []): string {
  return seen
    .map(({ kind, projects, more = 0, unreadable }) => {
      if (unreadable !== undefined) return `Whether ${kind} sessions were open cannot be told: ${unreadable.replace(/\.$/, '')}`;
      const named = projects.map(({ project, sessions }) => `${count(sessions, `${kind} session`)} of ${project}`);
      return `${[...named, ...(more > 0 ? [count(more, 'further project')] : [])].join(', ')} open while the files changed`;
    })
    .join('. ');
}
