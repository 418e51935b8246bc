import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync, type Dirent } from 'node:fs';
import { join } from 'node:path';

/** One file as the gateway read it. Contents above a megabyte are not kept. */
export interface ReadFile {
  readonly digest: string;
  readonly size: number;
  readonly content: Buffer | undefined;
}

/** A directory with `resource.json` or `unary-resource.json`, as found on disk. */
export interface FoundResource {
  /** Path below the data directory. */
  readonly dir: string;
  readonly module: string;
  readonly type: string;
  /** Empty for a singleton; `_unary` ends the name of a unary resource [facts 2.3]. */
  readonly name: string;
  readonly unary: boolean;
  readonly manifest: ReadFile;
}

const KEPT_BYTES = 1024 * 1024;

/** The one door to the data directory. Files whose inode, size and times are those of the last look are not read again. */
export class Disk {
  readonly dataDir: string;
  #cache = new Map<string, { readonly stamp: string; readonly file: ReadFile }>();

  constructor(dataDir: string) {
    this.dataDir = dataDir;
  }

  /** @returns undefined when there is no such file */
  read(path: string): ReadFile | undefined {
    const stat = statSync(join(this.dataDir, path), { throwIfNoEntry: false });
    if (stat?.isFile() !== true) {
      this.#cache.delete(path);
      return undefined;
    }
    const stamp = `${stat.ino} ${stat.size} ${stat.mtimeMs} ${stat.ctimeMs}`;
    const known = this.#cache.get(path);
    if (known?.stamp === stamp) return known.file;
    const content = readFileSync(join(this.dataDir, path));
    const digest = createHash('sha256').update(content).digest('hex');
    const file = { digest, size: content.length, content: content.length > KEPT_BYTES ? undefined : content };
    this.#cache.set(path, { stamp, file });
    return file;
  }

  json(path: string): unknown {
    const text = this.read(path)?.content?.toString('utf8');
    return text === undefined ? undefined : parse(text);
  }

  /**
   * Folders of `projects` or `config/resources` that hold the manifest: one project or collection each. Names that start with a dot, end in
   * `.tmp` or contain `.deleted-` are passed over; of two that differ by case only the first counts [facts 2.2].
   */
  owners(root: string, manifest: 'project.json' | 'config-mode.json'): string[] {
    const seen = new Set<string>();
    return this.folders(root).filter((name) => {
      if (name.startsWith('.') || name.includes('.deleted-') || name.endsWith('.tmp')) return false;
      if (this.read(`${root}/${name}/${manifest}`) === undefined || seen.has(name.toLowerCase())) return false;
      seen.add(name.toLowerCase());
      return true;
    });
  }

  /** The resources of one project or collection, by `<module>/<type>/<name…>` [facts 2.3]. */
  resources(owner: string): FoundResource[] {
    const found: FoundResource[] = [];
    const visit = (dir: string, segments: readonly string[]): void => {
      const [module = '', type = '', ...name] = segments;
      if (segments.length >= 2) {
        const manifest = this.read(`${dir}/resource.json`);
        // Nothing below a resource is considered.
        if (manifest) return void found.push({ dir, module, type, name: name.map(decode).join('/'), unary: false, manifest });
        const unary = this.read(`${dir}/unary-resource.json`);
        if (unary) found.push({ dir, module, type, name: [...name.map(decode), '_unary'].join('/'), unary: true, manifest: unary });
      }
      for (const child of this.folders(dir)) if (!child.startsWith('.')) visit(`${dir}/${child}`, [...segments, child]);
    };
    visit(owner, []);
    return found;
  }

  folders(path: string): string[] {
    let entries: Dirent[];
    try {
      entries = readdirSync(join(this.dataDir, path), { withFileTypes: true });
    } catch {
      return []; // gone between two looks
    }
    return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
  }
}

export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Segments below the type are URL-decoded when they contain `%` [facts 2.3]. */
function decode(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
