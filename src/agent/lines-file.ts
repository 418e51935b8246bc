import { linesOf } from './hash.ts';
import type { Listed } from './long-list.ts';
import { PIECE, writeText } from './text-pieces.ts';
import type { VolumeFs } from './volume-fs.ts';
import { giveWay } from './yield.ts';

/**
 * Writes a list as a file of JSON lines, durable on return but for its name: its folder is to be flushed. Its length is to be written
 * elsewhere: a file cut short is told by it.
 */
export async function writeLines(volume: VolumeFs, path: string, items: Iterable<unknown>): Promise<void> {
  const fd = volume.create(path, 'over', 0o600);
  try {
    let piece = '';
    let index = 0;
    for (const item of items) {
      piece += `${JSON.stringify(item)}\n`;
      if (piece.length > PIECE) {
        writeText(volume, fd, piece);
        piece = '';
      }
      await giveWay((index += 1));
    }
    writeText(volume, fd, piece);
    await volume.flush(fd);
  } finally {
    volume.close(fd);
  }
}

/**
 * The list in such a file, read as it is gone through.
 * @param damaged makes the error that is thrown, while it is gone through, when the file is damaged or cut short
 */
export function readLines<T>(volume: VolumeFs, path: string, length: number, damaged: (cause: unknown) => Error): Listed<T> {
  return {
    length,
    *[Symbol.iterator]() {
      const fd = volume.open(path);
      try {
        let read = 0;
        for (const line of fd === undefined ? [] : linesOf(fd)) {
          yield parsed(line, damaged) as T;
          read += 1;
        }
        if (read !== length) throw damaged(new Error(`${path} has ${read} lines instead of ${length}`));
      } finally {
        if (fd !== undefined) volume.close(fd);
      }
    },
  };
}

function parsed(line: string, damaged: (cause: unknown) => Error): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw damaged(error);
  }
}
