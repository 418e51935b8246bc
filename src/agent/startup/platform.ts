import { join } from 'node:path';
import { z } from 'zod';
import { NO_MANIFEST } from '../../domain/manifest.ts';
import { writeDurably } from '../durable.ts';
import { readText } from '../hash.ts';
import type { Layout } from '../layout.ts';
import { readState } from '../state.ts';
import { onVolume } from '../volume-error.ts';

/** What the official chart's init container leaves when it seeds a volume; it copies over whatever lies there. */
const MARKER = '.ignition-seed-complete';

const Platform = z.object({
  version: z.literal(1),
  /** When the marker was written, epoch milliseconds; null without one. */
  marker: z.number().nullable(),
  /** Whether the gateway was in its first-time setup when it was last seen. */
  settingUp: z.boolean(),
});

/** What is remembered of a gateway's platform between two looks, also by an agent that was started anew. */
export type Platform = z.infer<typeof Platform>;

/** As it is now, apart from what only the gateway can tell. */
export function platformNow({ volume }: Layout): Platform {
  const standing = volume.look(MARKER);
  return { version: 1, marker: standing.kind === 'file' ? standing.stat.mtimeMs : null, settingUp: false };
}

/** As it was when it was last looked at; undefined when nobody has. */
export function platformBefore(layout: Layout): Platform | undefined {
  try {
    return Platform.parse(JSON.parse(readText(layout.volume, fileOf(layout)) ?? ''));
  } catch {
    return undefined;
  }
}

export async function rememberPlatform(layout: Layout, platform: Platform): Promise<void> {
  await onVolume('noting the start', () => writeDurably(layout.volume, fileOf(layout), `${JSON.stringify(platform)}\n`));
}

/** Whether the volume has been seeded since, over what we had made live. */
export function wasSeededOver(layout: Layout): boolean {
  const before = platformBefore(layout);
  const { marker } = platformNow(layout);
  return before !== undefined && marker !== null && marker !== before.marker && readState(layout).live !== NO_MANIFEST;
}

function fileOf({ own }: Layout): string {
  return join(own, 'platform.json');
}
