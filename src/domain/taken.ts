import { count } from './plan/text.ts';

/** Some files: how many, and the first few. */
export interface SomeFiles {
  readonly files: number;
  readonly first: readonly string[];
}

/** What an apply took from others. */
interface Taken {
  readonly adopted?: number;
  readonly takenOver?: number;
  readonly overwritten?: SomeFiles;
  readonly mirrored?: SomeFiles;
}

/** What a staged sync will take from others, in sentences for status; empty when nothing. */
export function willTake({ foreign, overwrites }: { readonly foreign?: SomeFiles; readonly overwrites?: SomeFiles }): string {
  return sentences([
    foreign && `${named(foreign)} not ours in mirrored folders will be deleted: ${list(foreign)}`,
    overwrites && `${named(overwrites)} changed on the gateway will be overwritten: ${list(overwrites)}`,
  ]);
}

/** What a sync took from others, in sentences for status and history; empty when nothing. */
export function tookOver({ adopted = 0, takenOver = 0, overwritten, mirrored }: Taken): string {
  return sentences([
    adopted > 0 && `${count(adopted, 'file')} equal to git's found here, ours from now on`,
    takenOver > 0 && `${count(takenOver, 'file')} of somebody else replaced; the snapshot keeps what was there`,
    overwritten &&
      `${named(overwritten)} changed on the gateway overwritten, as localChanges says; the snapshot keeps what was there: ${list(overwritten)}`,
    mirrored && `${named(mirrored)} not ours in mirrored folders deleted; the snapshot keeps what was there: ${list(mirrored)}`,
  ]);
}

function sentences(said: readonly (string | false | undefined)[]): string {
  return said.filter((one) => typeof one === 'string').join('. ');
}

function named({ files }: SomeFiles): string {
  return count(files, 'file');
}

function list({ files, first }: SomeFiles): string {
  return files > first.length ? `${first.join(', ')} and ${files - first.length} more` : first.join(', ');
}
