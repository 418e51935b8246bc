/**
 * For paths that come in byte order: the earlier ones that are folders on the way to each. Of all paths that came only those are held that
 * later ones can still begin with.
 */
export class Nesting<T> {
  readonly #open: { readonly path: string; readonly item: T }[] = [];

  /** Takes a path, and returns the items of those above it, outermost first. */
  above(path: string, item: T): T[] {
    while (this.#open.length > 0 && !path.startsWith(this.#open.at(-1)?.path ?? '')) this.#open.pop();
    const found = this.#open.filter((one) => path[one.path.length] === '/').map((one) => one.item);
    this.#open.push({ path, item });
    return found;
  }
}
