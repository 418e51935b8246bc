import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Gateway } from './gateway.ts';

/**
 * A person, or the image, finishes the first-time setup [facts 3.1]: where identity files exist already a user source and an identity provider
 * `temp` are made, and `security-properties` of the active mode, else of core, points at them. Keys may be forgotten until that file is
 * written again.
 */
export function commission(gateway: Gateway, forgetsKeys: boolean): void {
  const at = `config/resources/${gateway.mode === '' ? 'core' : gateway.mode}/ignition`;
  const files = {
    [`${at}/user-source/temp/config.json`]: { profile: { type: 'INTERNAL' } },
    [`${at}/identity-provider/temp/config.json`]: { type: 'internal', userSource: 'temp' },
    [`${at}/security-properties/config.json`]: { systemIdentityProvider: 'temp' },
  };
  for (const [path, config] of Object.entries(files)) {
    const file = join(gateway.dataDir, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(config));
    writeFileSync(join(dirname(file), 'resource.json'), JSON.stringify({ scope: 'A', version: 1, files: ['config.json'], attributes: {} }));
  }
  gateway.engine.boot();
  gateway.guarded.remember();
  gateway.faults = { ...gateway.faults, state: 'running', ...(forgetsKeys && { keyRights: 'none' as const }) };
}
