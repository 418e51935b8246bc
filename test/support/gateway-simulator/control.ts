import { z } from 'zod';
import { commission } from './commission.ts';
import { inheritance } from './inheritance.ts';
import { json, noRoute, type Reply } from './answers.ts';
import { parse } from './disk.ts';
import { Faults } from './faults.ts';
import type { Gateway } from './gateway.ts';

const Held = z.strictObject({
  kind: z.enum(['config', 'projects']),
  actor: z.string().default('api-token:somebody:10.0.0.9'),
  seconds: z.number(),
});
const Line = z.strictObject({ level: z.enum(['INFO', 'WARN', 'ERROR']), logger: z.string(), message: z.string() });

const Commission = z.strictObject({ forgets: z.union([z.enum(['until-written', 'until-restart']), z.number()]).optional() });

/**
 * Not a gateway's: the switches, and what the gateway saw. `POST /simulator/faults` takes any part of the faults, `GET /simulator/state`
 * tells all. `restart`, `commission`, `lock` and `log` make the gateway do or suffer it; `inheritance` tells where a project's resources come from.
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
    case 'POST restart':
      void gateway.restart();
      return json({});
    default:
      return noRoute(path);
  }
}

async function given<T>(schema: z.ZodType<T>, body: () => Promise<string>, use: (value: T) => unknown): Promise<Reply> {
  const value = schema.safeParse(parse(await body()));
  if (!value.success) return json({ messages: value.error.issues.map(({ message }) => message) }, 422);
  return json(use(value.data));
}
