import { count } from '../../domain/plan/text.ts';
import { PendingRestart } from '../../clients/ignition/wire.ts';
import { type Check, differs, ok, unknown, unseen } from './check.ts';

const COUNTS_AS_THERE = 'a list that cannot be read counts as somebody there: changes of projects wait, as the policy says';

/** Who is in, restarts, and the pair. */
export const PEOPLE: readonly Check[] = [
  {
    id: 'P1',
    assumption: 'open Designers are listed with user and project',
    means: COUNTS_AS_THERE,
    run: async ({ client }) => {
      const designers = await client.designers();
      const nameless = designers.filter(({ user, project }) => !user || !project).length;
      return nameless > 0 ? differs(`${nameless} of ${designers.length} without user or project`) : ok(count(designers.length, 'Designer'));
    },
  },
  {
    id: 'P2',
    assumption: 'Perspective sessions are listed with their project',
    means: COUNTS_AS_THERE,
    run: async ({ client }) => {
      const sessions = await client.perspectiveSessions();
      if (!sessions) return unknown('there is no Perspective');
      const nameless = sessions.filter(({ project }) => !project).length;
      return nameless > 0 ? differs(`${nameless} of ${sessions.length} without project`) : ok(count(sessions.length, 'session'));
    },
  },
  {
    id: 'P3',
    assumption: 'Vision clients are listed',
    means: 'a restart waits, since it cannot be told whether anybody is in',
    run: async ({ client }) => {
      const clients = await client.visionClients();
      return clients ? ok(count(clients.length, 'client')) : unknown('there is no Vision');
    },
  },
  {
    id: 'R1',
    assumption: 'what waits for a restart is listed',
    means: 'what needs a restart is neither told nor done by itself',
    run: async ({ http }) => {
      const answer = await http.find('/data/api/v1/restart-tasks/pending');
      if (!answer) return differs('there is no such route');
      const { pending } = http.decode(PendingRestart, answer);
      return ok(pending.length === 0 ? 'nothing' : pending.slice(0, 5).join(', '));
    },
  },
  unseen('R2', 'a gateway that is asked to restart goes down some seconds later and comes back', 'no restart is tried'),
  {
    id: 'D1',
    assumption: 'a node tells its part in a redundant pair',
    means: 'which node of a pair to write cannot be told',
    run: async ({ client }) => {
      const { role, activityLevel } = await client.redundancy();
      return ok(`${role}, ${activityLevel}`);
    },
  },
];
