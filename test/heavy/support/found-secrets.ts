import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Secrets by name, and every spelling of them that would give them away. */
export class PlantedSecrets {
  readonly #spellings = new Map<string, string>();
  /** Where which secret was found. */
  readonly found = new Set<string>();

  get count(): number {
    return new Set(this.#spellings.values()).size;
  }

  /** @param users whose `user:secret` is sent in headers */
  plant(name: string, secret: string, ...users: readonly string[]): void {
    const logins = users.map((user) => Buffer.from(`${user}:${secret}`).toString('base64'));
    const encoded = Buffer.from(secret).toString('base64').replace(/=+$/, '').slice(0, -1);
    for (const spelling of [secret, encodeURIComponent(secret), encoded, ...logins]) this.#spellings.set(spelling, name);
  }

  look(where: string, text: string): void {
    for (const [spelling, name] of this.#spellings) if (text.includes(spelling)) this.found.add(`${name}: ${where}`);
  }

  /** Every file below a folder but those in which a secret has its place, by their names from there. */
  lookBelow(folder: string, isItsPlace: (name: string) => boolean): number {
    let files = 0;
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const path = join(folder, name);
      if (isItsPlace(name) || !statSync(path, { throwIfNoEntry: false })?.isFile()) continue;
      files += 1;
      this.look(path, readFileSync(path, 'latin1'));
    }
    return files;
  }

  /** Everything that is text, or bytes that are text, in a value of any shape. */
  lookInto(where: string, value: unknown): void {
    if (typeof value === 'string') this.look(where, value);
    else if (value instanceof Uint8Array) this.look(where, Buffer.from(value).toString('utf8'));
    else if (Array.isArray(value)) for (const one of value) this.lookInto(where, one);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, one] of Object.entries(value)) {
        this.look(where, key);
        this.lookInto(where, one);
      }
    }
  }

  /** What every process of this machine is called with now. */
  lookAtProcesses(): number {
    let processes = 0;
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      for (const file of ['cmdline', 'environ']) {
        const text = read(`/proc/${pid}/${file}`);
        if (text === '') continue;
        processes += 1;
        this.look(`${file} of ${read(`/proc/${pid}/comm`).trim()}`, text);
      }
    }
    return processes;
  }
}

/** Processes end while they are looked at. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
