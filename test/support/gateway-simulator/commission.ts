import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Gateway } from './gateway.ts';
import { COMMISSIONED } from './seed.ts';

/**
 * Until when a gateway has forgotten what API keys may, after its first-time setup [facts 3.1: 403 for a while]: until somebody else writes
 * `security-properties`, until the next start, or for so many milliseconds. No source says which.
 */
export type Forgets = 'until-written' | 'until-restart' | number;

/**
 * A person, or the image, finishes the first-time setup [facts 3.1]: where identity files exist already a user source and an identity provider
 * `temp` are made, and `security-properties` of the active mode, else of core, points at them.
 */
export function commission(gateway: Gateway, forgets?: Forgets): void {
  const at = `config/resources/${gateway.mode === '' ? 'core' : gateway.mode}/ignition`;
  const security = `${at}/security-properties/config.json`;
  const files = {
    [`${at}/user-source/temp/config.json`]: { profile: { type: 'INTERNAL' } },
    [`${at}/identity-provider/temp/config.json`]: { type: 'internal', userSource: 'temp' },
    [security]: { systemIdentityProvider: 'temp' },
  };
  for (const [path, config] of Object.entries(files)) {
    const file = join(gateway.dataDir, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(config));
    writeFileSync(join(dirname(file), 'resource.json'), JSON.stringify({ scope: 'A', version: 1, files: ['config.json'], attributes: {} }));
  }
  mkdirSync(join(gateway.dataDir, dirname(COMMISSIONED)), { recursive: true });
  writeFileSync(join(gateway.dataDir, COMMISSIONED), 'database');
  gateway.engine.boot();
  gateway.guarded.remember();
  gateway.faults = { ...gateway.faults, state: 'running', ...(forgets !== undefined && { keyRights: 'none' as const }) };
  const remember = (): void => {
    gateway.forgotten = undefined;
    gateway.faults = { ...gateway.faults, keyRights: 'write' };
  };
  if (forgets === 'until-written') {
    const file = join(gateway.dataDir, security);
    const own = readFileSync(file, 'utf8');
    const look = (): void => {
      if (readFileSync(file, 'utf8') !== own) remember();
    };
    gateway.forgotten = { look, restart: remember };
  }
  if (forgets === 'until-restart') gateway.forgotten = { look: () => undefined, restart: remember };
  if (typeof forgets === 'number') setTimeout(remember, forgets).unref();
}
