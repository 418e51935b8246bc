import { z } from 'zod';
import { commission } from './commission.ts';
import { inheritance } from './inheritance.ts';
import { json, noRoute, type Reply } from './answers.ts';
import { parse } from './disk.ts';
import { Faults } from './faults.ts';
import { receive, replicate, type Replication } from './replication.ts';
import type { Gateway } from './gateway.ts';

const Held = z.strictObject({
  kind: z.enum(['config', 'projects']),
  actor: z.string().default('api-token:somebody:10.0.0.9'),
  seconds: z.number(),
});
const Line = z.strictObject({ level: z.enum(['INFO', 'WARN', 'ERROR']), logger: z.string(), message: z.string() });

/** What the node is, and how its files come to the other: `peer` is another simulated gateway, in a process of its own. */
const Redundancy = z.strictObject({
  role: z.enum(['Independent', 'Master', 'Backup']).optional(),
  activityLevel: z.enum(['Active', 'Warm', 'Cold']).optional(),
  projectState: z.enum(['Good', 'OutOfDate', 'Incompatible', 'Unknown']).optional(),
  peerConnected: z.boolean().optional(),
  peer: z.strictObject({ dataDir: z.string(), url: z.string() }).optional(),
  on: z.boolean().optional(),
  delayMs: z.number().min(0).optional(),
  from: z.enum(['master', 'active']).optional(),
});

const Commission = z.strictObject({ forgets: z.union([z.enum(['until-written', 'until-restart']), z.number()]).optional() });

/**
 * Not a gateway's: the switches, and what the gateway saw. `POST /simulator/faults` takes any part of the faults, `GET /simulator/state`
 * tells all. `redundancy` makes it a node of a pair, active or not; `restart`, `commission`, `lock` and `log` make the gateway do or suffer it; `inheritance` tells where a project's resources come from.
 */
export async function control(gateway: Gateway, method: string, path: string, body: () => Promise<string>): Promise<Reply> {
  const what = `${method} ${path.slice('/simulator/'.length)}`;
  switch (what) {
    case 'GET state': {
      const { faults, requests, engine, guarded, redundancy } = gateway;
      return json({ faults, requests, loaded: engine.loaded(), damage: guarded.damage(), redundancy });
    }
    case 'POST faults':
      return await given(Faults.partial(), body, (change) => {
        gateway.faults = { ...gateway.faults, ...(change as Partial<Faults>) };
        return gateway.faults;
      });
    case 'POST lock':
      return await given(Held, body, ({ kind, actor, seconds }) => {
        gateway.locks[kind].take(actor, seconds);
        return {};
      });
    case 'POST log':
      return await given(Line, body, ({ level, logger, message }) => {
        gateway.log.write(level, logger, message);
        return {};
      });
    case 'POST commission':
      return await given(Commission, body, ({ forgets }) => {
        commission(gateway, forgets);
        return {};
      });
    case 'POST inheritance':
      return await given(z.strictObject({ project: z.string() }), body, ({ project }) => inheritance(gateway, project));
    case 'POST redundancy':
      return await given(Redundancy, body, ({ peer, ...change }) => {
        if (peer)
          gateway.replication = { ...replicationTo(peer), ...(gateway.replication?.peerDataDir === peer.dataDir && gateway.replication) };
        const { on, delayMs, from, ...node } = change;
        if (gateway.replication)
          Object.assign(gateway.replication, {
            ...(on !== undefined && { on }),
            ...(delayMs !== undefined && { delayMs }),
            ...(from && { from }),
          });
        Object.assign(gateway.redundancy, node);
        if (on === true) void replicate(gateway);
        return gateway.redundancy;
      });
    case 'POST replicated':
      receive(gateway);
      return json({});
    case 'POST restart':
      void gateway.restart();
      return json({});
    default:
      return noRoute(path);
  }
}

function replicationTo({ dataDir, url }: { dataDir: string; url: string }): Replication {
  const reloadPeer = async (): Promise<void> => {
    await fetch(`${url}/simulator/replicated`, { method: 'POST' }).catch(() => undefined);
  };
  return { peerDataDir: dataDir, reloadPeer, on: true, delayMs: 0, from: 'master' };
}

async function given<T>(schema: z.ZodType<T>, body: () => Promise<string>, use: (value: T) => unknown): Promise<Reply> {
  const value = schema.safeParse(parse(await body()));
  if (!value.success) return json({ messages: value.error.issues.map(({ message }) => message) }, 422);
  return json(use(value.data));
}
