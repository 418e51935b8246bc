import { SyncError } from '../domain/errors.ts';
import type { Reason } from '../domain/reasons.ts';

const LISTED = 20;

/** What stands in the way of a plan: each kind holds it, none is ever overwritten. */
export class Conflicts {
  readonly links = new Set<string>();
  readonly inTheWay = new Set<string>();
  readonly local = new Set<string>();

  /** @throws SyncError LinkInTheWay, InTheWay or LocalChange with up to 20 paths each. */
  raise(): void {
    report(
      'LinkInTheWay',
      this.links,
      'a symbolic link stands where the plan writes; it is not followed and not replaced. Remove it, or exclude the path',
    );
    report(
      'InTheWay',
      this.inTheWay,
      'something that is not ours stands where the plan needs a file or a folder. Move it away, or exclude the path',
    );
    report(
      'LocalChange',
      this.local,
      'changed on the gateway since our last sync. Commit the change, put the file back as it was, or let git win with localChanges: overwrite (the snapshot keeps the change)',
    );
  }
}

function report(reason: Reason, paths: ReadonlySet<string>, says: string): void {
  if (paths.size === 0) return;
  const listed = [...paths].sort().slice(0, LISTED);
  const more = paths.size > LISTED ? ` and ${paths.size - LISTED} more` : '';
  throw new SyncError(reason, `${paths.size === 1 ? '1 path' : `${paths.size} paths`}: ${says}: ${listed.join(', ')}${more}`);
}
