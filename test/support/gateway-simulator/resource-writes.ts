import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { empty, errorPage, exception, invalidBody, json, notFound, type Reply } from './answers.ts';
import { parse } from './disk.ts';
import type { Gateway } from './gateway.ts';
import { envelope, find, kindOfType } from './merged.ts';
import type { Call } from './router.ts';

const Item = z.looseObject({
  name: z.string().default(''),
  collection: z.string().default('core'),
  enabled: z.boolean().default(true),
  description: z.string().default(''),
  config: z.record(z.string(), z.unknown()),
  signature: z.string().optional(),
});
type Item = z.infer<typeof Item>;

/** facts 2.2: characters and forms that names may not have. */
const ILLEGAL = /[`/\\?*:|"<>]|^[ .-]|[ .]$/;

/** `POST resources/<m>/<t>` creates, `PUT` changes [facts 1.9]. Both wait while somebody holds the lock of the configuration [facts 1.4]. */
export async function write(call: Call, how: 'create' | 'update'): Promise<Reply> {
  const { gateway, params } = call;
  const type = `${params['module'] ?? ''}/${params['type'] ?? ''}`;
  const kind = kindOfType(gateway, type);
  if (kind === undefined) return notFound();
  const body = parse(await call.body());
  if (!Array.isArray(body)) return invalidBody(); // facts 1.2: a bare object where an array is expected
  const items: Item[] = [];
  for (const one of body as unknown[]) {
    const item = Item.safeParse(one);
    if (!item.success) return invalid(item.error.issues.map(({ path, message }) => ({ fieldName: path.join('.'), messages: [message] })));
    if (kind === 'named' && (item.data.name === '' || ILLEGAL.test(item.data.name)))
      return invalid([{ fieldName: 'name', messages: ['Invalid name'] }]);
    items.push(item.data);
  }
  await gateway.locks.config.free();
  for (const item of items) {
    const known = find(gateway, type, item.name, item.collection);
    if (how === 'create' && known) return empty(409);
    if (how === 'update' && !known) return notFound();
    if (known && how === 'update' && envelope(gateway, known)['signature'] !== item.signature) return stale(gateway);
  }
  for (const item of items) store(gateway, type, item);
  const changes = items.map(({ name, collection }) => {
    const stored = find(gateway, type, name, collection);
    return { name, type, collection, newSignature: stored && envelope(gateway, stored)['signature'] };
  });
  return json({ success: true, changes, problem: null });
}

/** `DELETE resources/<m>/<t>/<name>/<signature>`: without `confirm=true` 200, and nothing happens [facts 1.8, 1.9]. */
export async function remove(call: Call): Promise<Reply> {
  const { gateway, params, query } = call;
  const type = `${params['module'] ?? ''}/${params['type'] ?? ''}`;
  const resource = find(gateway, type, params['name'] ?? '', query.get('collection') ?? 'core');
  if (!resource) return notFound();
  if (envelope(gateway, resource)['signature'] !== params['signature']) return stale(gateway);
  if (query.get('confirm') !== 'true') return json({ success: true, changes: [], problem: null });
  await gateway.locks.config.free();
  rmSync(join(gateway.dataDir, resource.dir), { recursive: true });
  written(gateway);
  return json({ success: true, changes: [{ name: resource.name, type, collection: resource.owner }], problem: null });
}

function store(gateway: Gateway, type: string, { name, collection, enabled, description, config }: Item): void {
  const dir = join(gateway.dataDir, 'config/resources', collection, type, name);
  mkdirSync(dir, { recursive: true });
  const lastModification = { actor: 'api', timestamp: new Date().toISOString() };
  const manifest = { scope: 'A', description, version: 1, restricted: false, overridable: true, files: ['config.json'] };
  writeFileSync(join(dir, 'config.json'), JSON.stringify(config, undefined, 2));
  writeFileSync(join(dir, 'resource.json'), JSON.stringify({ ...manifest, attributes: { lastModification, enabled } }, undefined, 2));
  written(gateway);
}

/** What the gateway itself has written is loaded at once, and is no damage. */
function written(gateway: Gateway): void {
  gateway.engine.reload('config');
  gateway.guarded.remember();
}

/** facts 1.2: 500 on 8.3.9; 409 is what would be expected [facts 9.12]. */
function stale({ faults }: Gateway): Reply {
  return faults.staleSignature === 500 ? exception('signature mismatch') : errorPage(409, 'Conflict');
}

/** facts 1.2. */
function invalid(fieldMessages: readonly { fieldName: string; messages: string[] }[]): Reply {
  return json({ messages: [], fieldMessages }, 422);
}
