import { join } from 'node:path';
import type { Listed } from './long-list.ts';
import { folderOf, type Step } from './order.ts';
import { Blocked, errnoOf } from './volume-error.ts';
import type { VolumeFs } from './volume-fs.ts';
import { giveWay } from './yield.ts';

/**
 * Carries out steps, each as one call of the operating system, in long series: the shorter this is, the shorter the time in which a running
 * gateway can see both states. Steps that were carried out before are passed over.
 */
export async function carryOut(tree: VolumeFs, scratch: string, steps: Listed<Step>, onStep?: (step: string) => void): Promise<void> {
  let index = 0;
  for (const step of steps) {
    carryOutOne(tree, scratch, step);
    await giveWay(index++);
    onStep?.(`${step.do} ${index}/${steps.length}`);
  }
}

/** The folders whose entries change at these paths, some more than once. */
export function touchedBy(...lists: readonly Iterable<{ readonly path: string }>[]): Iterable<string> {
  return {
    *[Symbol.iterator]() {
      let last: string | undefined;
      for (const list of lists) {
        for (const { path } of list) {
          const folder = folderOf(path);
          if (folder !== last) yield folder;
          last = folder;
        }
      }
    },
  };
}

/** Asks whether a folder stands at a path. */
export function isFolder(tree: VolumeFs): (path: string) => boolean {
  return (path) => tree.look(path).kind === 'folder';
}

function carryOutOne(tree: VolumeFs, scratch: string, step: Step): void {
  switch (step.do) {
    case 'remove':
      if (isPlainOrGone(tree, step.path) === 'file') tree.remove(step.path);
      return;
    case 'removeFolder':
      if (isPlainOrGone(tree, step.path) === 'folder') unless(step.must ? [] : ['ENOTEMPTY', 'EEXIST'], () => tree.removeFolder(step.path));
      return;
    case 'place':
    case 'placeFolder': {
      const source = join(scratch, step.path);
      try {
        isPlainOrGone(tree, step.path);
        tree.rename(source, step.path);
      } catch (error) {
        // Asked for only now: what is not in scratch any more was placed before an interruption.
        const mayBeDone = error instanceof Blocked || errnoOf(error) === 'ENOENT';
        if (!mayBeDone || tree.look(source).kind !== 'absent') throw error;
      }
    }
  }
}

/** @throws Blocked when a link or a special file stands there: neither is ours to replace. */
function isPlainOrGone(tree: VolumeFs, path: string): 'file' | 'folder' | 'absent' {
  const standing = tree.look(path);
  if (standing.kind === 'blocked') return standing.by === 'file' ? 'absent' : fail(standing.at, standing.by);
  return standing.kind === 'link' || standing.kind === 'special' ? fail(path, standing.kind) : standing.kind;
}

function fail(path: string, by: 'link' | 'special'): never {
  throw new Blocked(path, by);
}

/** Runs a call whose failure with one of these codes means that there is nothing to do. */
function unless(codes: readonly string[], call: () => void): void {
  try {
    call();
  } catch (error) {
    if (!codes.includes(errnoOf(error) ?? '')) throw error;
  }
}
