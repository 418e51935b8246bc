import type { Digest, ManifestDifference } from '../manifest.ts';
import { resourceName } from '../resource-name.ts';

/** A changed file, by its path below the owner of the claim: no `before` is a new one, no `after` one that is gone. */
export interface ChangedFile {
  readonly name: string;
  readonly before?: Digest | undefined;
  readonly after?: Digest | undefined;
}

/** The changed files of one project. */
export interface ProjectClaim {
  readonly kind: 'project';
  readonly project: string;
  readonly files: readonly ChangedFile[];
}

/** The changed files of one resource of the gateway's configuration. */
export interface ResourceClaim {
  readonly kind: 'resource';
  readonly collection: string;
  /** `module/type`. */
  readonly type: string;
  /** Empty for a singleton. */
  readonly name: string;
  /** Folder below the data directory. */
  readonly dir: string;
  readonly files: readonly ChangedFile[];
}

/** One folder of tags or UDT types of one provider. */
export interface TagsClaim {
  readonly kind: 'tags';
  readonly collection: string;
  readonly provider: string;
  /** Folder in the provider's tree; UDT types lie below `_types_`. */
  readonly folder: readonly string[];
  readonly dir: string;
}

/** What a change should lead to on the gateway, in the form in which the gateway can be asked for it. */
export interface Claims {
  readonly projects: readonly ProjectClaim[];
  readonly resources: readonly ResourceClaim[];
  readonly tags: readonly TagsClaim[];
  /** Deployment modes whose `config-mode.json` is new or changed. */
  readonly modes: readonly string[];
  /** Changed files that no gateway can be asked for. */
  readonly unseen: readonly string[];
}

/** Whether a folder below the data directory is a resource: it holds, or held, `resource.json`. */
export type IsResource = (folder: string) => boolean;

/**
 * Groups changed paths by what the gateway makes of them. Files that belong to no resource are passed over by the gateway, and here too:
 * of a project `project.json` and whatever lies in a resource counts.
 */
export function claimsOf(differences: Iterable<ManifestDifference>, isResource: IsResource): Claims {
  const projects = new Map<string, ChangedFile[]>();
  const resources = new Map<string, Omit<ResourceClaim, 'files'> & { files: ChangedFile[] }>();
  const tags = new Map<string, TagsClaim>();
  const modes: string[] = [];
  const unseen: string[] = [];
  for (const { path, before, after } of differences) {
    const parts = path.split('/');
    const changed = (from: number): ChangedFile => ({ name: parts.slice(from).join('/'), before: before?.sha256, after: after?.sha256 });
    if (parts[0] === 'projects' && parts.length > 2) {
      if (parts.length > 3 && resourceDepth(parts, 4, isResource) === undefined) continue;
      add(projects, parts[1] ?? '', changed(2));
      continue;
    }
    const [, , collection = '', module = '', type = ''] = parts;
    if (!path.startsWith('config/resources/')) continue; // single files at the data root: no gateway reads them
    if (parts.length === 4 && parts[3] === 'config-mode.json') {
      // Without those of core and external the gateway would not run.
      if (!/^(core|external)$/i.test(collection)) (after ? modes : unseen).push(after ? collection : path);
      continue;
    }
    if (parts.length < 6) continue; // in no resource
    if (module === 'ignition' && /^tag-(definition|type-definition)$/.test(type)) {
      const dir = parts.slice(0, -1).join('/');
      const [provider, ...folder] = parts.slice(5, -1).map(resourceName);
      if (provider === undefined) unseen.push(path);
      else tags.set(dir, { kind: 'tags', collection, provider, folder: type === 'tag-definition' ? folder : ['_types_', ...folder], dir });
      continue;
    }
    const depth = resourceDepth(parts, 5, isResource);
    if (depth === undefined) continue;
    const dir = parts.slice(0, depth).join('/');
    const known = resources.get(dir);
    if (known) known.files.push(changed(depth));
    else {
      const name = parts.slice(5, depth).map(resourceName).join('/');
      resources.set(dir, { kind: 'resource', collection, type: `${module}/${type}`, name, dir, files: [changed(depth)] });
    }
  }
  return {
    projects: [...projects].map(([project, files]) => ({ kind: 'project', project, files })),
    resources: [...resources.values()],
    tags: [...tags.values()],
    modes,
    unseen,
  };
}

/** How many components lead to the resource that holds a file: the outermost folder with a manifest [nothing below one is considered]. */
function resourceDepth(parts: readonly string[], least: number, isResource: IsResource): number | undefined {
  for (let depth = least; depth < parts.length; depth += 1) if (isResource(parts.slice(0, depth).join('/'))) return depth;
  return undefined;
}

function add(map: Map<string, ChangedFile[]>, key: string, file: ChangedFile): void {
  const known = map.get(key);
  if (known) known.push(file);
  else map.set(key, [file]);
}
