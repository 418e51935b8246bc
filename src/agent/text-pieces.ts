import type { VolumeFs } from './volume-fs.ts';

/** Characters that are collected before they are written. */
export const PIECE = 1 << 16;

/** For what is written and done with before anybody else is at work: thousands of buffers would wait for the collector. */
const SHARED = Buffer.allocUnsafeSlow(4 * PIECE);

/** Writes a text of about a piece. */
export function writeText(volume: VolumeFs, fd: number, text: string): void {
  // No character has more bytes than three in UTF-8.
  const fits = 3 * text.length <= SHARED.length;
  volume.write(fd, fits ? SHARED.subarray(0, SHARED.write(text)) : Buffer.from(text));
}
