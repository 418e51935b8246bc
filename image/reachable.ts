/** What npm writes about one installed package into `node_modules/.package-lock.json`. */
export interface InstalledPackage {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Dependencies that are not followed: `*` stands for all of a package's. */
export type Cuts = Readonly<Record<string, readonly string[]>>;

/** Folders of the installed packages that can be loaded when loading starts at `roots` and never follows a cut. */
export function reachablePackages(
  installed: Readonly<Record<string, InstalledPackage>>,
  roots: readonly string[],
  cuts: Cuts,
): ReadonlySet<string> {
  const found = new Set<string>();
  const open = roots.map((name) => ({ from: '', name }));
  for (let next = open.pop(); next; next = open.pop()) {
    const folder = resolve(installed, next.from, next.name);
    if (folder === undefined || found.has(folder)) continue;
    found.add(folder);
    const { dependencies, optionalDependencies, peerDependencies } = installed[folder] ?? {};
    const cut = cuts[packageName(folder)] ?? [];
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
      if (!cut.includes('*') && !cut.includes(name)) open.push({ from: folder, name });
    }
  }
  return found;
}

/** `@scope/name` of a folder such as `node_modules/a/node_modules/@scope/name`. */
function packageName(folder: string): string {
  return folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/** Node's own search: beside the package that asks, then one `node_modules` further out, and so on. */
function resolve(installed: Readonly<Record<string, InstalledPackage>>, from: string, name: string): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const folder = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (folder in installed) return folder;
    if (at === '') return undefined;
  }
}
