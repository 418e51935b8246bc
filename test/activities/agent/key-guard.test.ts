import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createIgnitionClient } from '../../../src/clients/ignition/client.ts';
import { toFault } from '../../../src/domain/errors.ts';
import type { Files } from './support/content.ts';
import { Rig, doing } from './support/rig.ts';

const SECRET = Buffer.alloc(32, 9).toString('base64url');
const hashOf = (secret: string): string => createHash('sha256').update(Buffer.from(secret, 'base64url')).digest('base64url');
const key = (tokenHash = hashOf(SECRET), enabled = true, at = 'external', name = 'robot'): Files => ({
  [`config/resources/${at}/ignition/api-token/${name}/config.json`]: JSON.stringify({ settings: { tokenHash } }),
  [`config/resources/${at}/ignition/api-token/${name}/resource.json`]: JSON.stringify({ files: ['config.json'], attributes: { enabled } }),
});
const OTHER: Files = { 'projects/P/project.json': '{}' };

test.each<{ name: string; before: Files; after: Files; says?: RegExp }>([
  { name: 'removes the key is refused', before: { ...key(), ...OTHER }, after: OTHER, says: /removes the API key robot.*apiKeySecretRef/ },
  { name: 'gives it another secret is refused', before: key(), after: key(hashOf('AAAA')), says: /replaces the API key robot/ },
  { name: 'disables it is refused', before: key(), after: key(hashOf(SECRET), false), says: /disables the API key robot/ },
  { name: 'brings the key itself is staged', before: OTHER, after: { ...OTHER, ...key() } },
  { name: 'removes another key is staged', before: { ...key(undefined, true, 'external', 'people'), ...OTHER }, after: OTHER },
  { name: 'removes one of two copies is staged', before: { ...key(), ...key(undefined, true, 'core') }, after: key() },
])('a commit that $name', async ({ before, after, says }) => {
  const rig = await Rig.open();
  const tokenFile = join(rig.dataDir, '..', 'key');
  writeFileSync(tokenFile, `robot:${SECRET}\n`);
  // The gateway does not run: what would lock us out is found all the same.
  await rig.reopen({ ignition: () => createIgnitionClient({ host: '127.0.0.1', port: 1, tls: false, tokenFile }) });
  await rig.sync(before);
  const { live } = await rig.agent.inspect();
  const files = await rig.everything();
  const fault = await rig.agent.stage(rig.step(live, rig.content.add(after)), doing).then(() => undefined, toFault);
  expect(fault?.reason).toBe(says === undefined ? undefined : 'GatewayAuthFailed');
  if (says) expect(fault?.message).toMatch(says);
  expect(await rig.everything()).toEqual(files);
  await rig.close();
});
