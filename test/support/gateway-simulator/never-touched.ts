import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Files and folders at the data root that belong to the gateway, its image or its chart [facts 2.1, 2.10]. */
const ROOT =
  /^(db|metricsdb|var|jar-cache|certificates|logs|user-lib|local|ignition\.conf|gateway\.xml.*|redundancy\.xml|commissioning\.json|modules\.json|\.container-init\.conf|\.ignition-seed-complete|\.alarms_.*|\.uuid|.*\.digest\.json)$/;

/** What each gateway writes for itself in core [facts 2.10]; `system-properties` is patched with intent [facts 2.8], so only its loss counts. */
const CORE =
  /^config\/resources\/core\/(ignition\/(user-source\/default|identity-provider\/temp|opc-connection|gateway-network-queue-settings|gateway-network-proxy-rules|gateway-network-incoming|quickstart)|com\.inductiveautomation\.opcua\/one-time)(\/|$)/;
const CORE_LOSS = /^config\/resources\/core\/ignition\/system-properties(\/|$)/;

type Rule = 'touched' | 'lost' | undefined;

/** Whether a path below the data directory is one that no sync may write or delete; `lost`: only deleting it counts. */
export function ruleFor(path: string): Rule {
  const parts = path.split('/');
  if (parts.includes('.resources')) return 'touched';
  if (ROOT.test(parts[0] ?? '')) return 'touched';
  if (parts[0] === 'config' && parts.length > 1 && parts[1] !== 'resources') return 'touched';
  if (/^config\/resources\/local(\/|$)/.test(path)) return 'touched';
  if (CORE.test(path)) return 'touched';
  return CORE_LOSS.test(path) ? 'lost' : undefined;
}

/**
 * Remembers every path of the data directory that no sync may touch. A file that was written and written back is found too: its inode or its
 * change time differ. Looks only when asked, so it costs an idle gateway nothing.
 */
export class NeverTouched {
  readonly #dataDir: string;
  #seen = new Map<string, string>();

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
    this.remember();
  }

  /** From now on this is how it should be: after the gateway itself has written. */
  remember(): void {
    this.#seen = this.#look();
  }

  /** Every write or delete since, as sentences. */
  damage(): string[] {
    const now = this.#look();
    const gone = [...this.#seen.keys()].filter((path) => !now.has(path)).map((path) => `${path} was deleted`);
    const written = [...now].flatMap(([path, stamp]) => {
      const was = this.#seen.get(path);
      if (was === stamp || ruleFor(path) === 'lost') return [];
      return [was === undefined ? `${path} was created` : `${path} was written`];
    });
    return [...gone, ...written].sort();
  }

  #look(): Map<string, string> {
    const found = new Map<string, string>();
    const visit = (at: string): void => {
      for (const entry of readdirSync(join(this.#dataDir, at), { withFileTypes: true })) {
        const path = at === '' ? entry.name : `${at}/${entry.name}`;
        if (path === '.ignition-sync') continue;
        if (ruleFor(path) !== undefined) {
          const { ino, size, mtimeMs, ctimeMs } = lstatSync(join(this.#dataDir, path));
          found.set(path, entry.isDirectory() ? 'folder' : `${ino} ${size} ${mtimeMs} ${ctimeMs}`);
        }
        if (entry.isDirectory()) visit(path);
      }
    };
    try {
      visit('');
    } catch {
      // The directory went away under us: what is missing then says so.
    }
    return found;
  }
}
