import { z } from 'zod';

/** `details` is COMMISSIONING while the first-time setup waits for a person. */
export const StatusPing = z.object({ state: z.string(), details: z.string().optional() });

/** `lastScanTimestamp` in epoch milliseconds, `lastScanDuration` in milliseconds. */
export const ScanStatus = z.object({ scanActive: z.boolean(), lastScanTimestamp: z.number(), lastScanDuration: z.number().optional() });
export type ScanStatus = z.infer<typeof ScanStatus>;

/** Who the gateway is; fields that gateways may leave out are optional. */
export const GatewayInfo = z.object({
  name: z.string(),
  ignitionVersion: z.string(),
  edition: z.string().optional(),
  deploymentMode: z.string().optional(),
  redundancyRole: z.string().optional(),
});
export type GatewayInfo = z.infer<typeof GatewayInfo>;

const Name = z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)]);

/** Names as plain strings or as records, bare or in the API's list envelope: no source fixes which. */
export const Names = z.union([z.array(Name), z.object({ items: z.array(Name) }).transform(({ items }) => items)]);

/** One resource as the gateway serves it. May hold secrets: never logged. */
export const Resource = z.object({
  collection: z.string().optional(),
  description: z.string().nullish(),
  config: z.unknown().optional(),
  backupConfig: z.unknown().optional(),
  data: z.array(z.string()).optional(),
  attributes: z.record(z.string(), z.unknown()).optional(),
});
export type Resource = z.infer<typeof Resource>;

/** A deployment mode. */
const Mode = z.object({ name: z.string(), title: z.string().nullish() });
export const Modes = z.object({ items: z.array(Mode) });

/** A Designer that is open. */
const Designer = z.object({ user: z.string().nullish(), project: z.string().nullish(), address: z.string().nullish() });
export const Designers = z.object({ items: z.array(Designer) });

/** A Perspective session; that of a Designer's preview is among them. */
const PerspectiveSession = z.object({ username: z.string().nullish(), project: z.string().nullish() });
export const PerspectiveSessions = z.object({ items: z.array(PerspectiveSession) });

/** Recorded as having the shape of Designers. */
export const VisionClients = z.object({ items: z.array(z.object({ user: z.string().nullish() })) });

/** What a node says of its pair. Words beyond those known are taken as they come. */
export const Redundancy = z.object({
  role: z.string(),
  activityLevel: z.string(),
  projectState: z.string().optional(),
  peerConnected: z.boolean().optional(),
  syncPending: z.boolean().optional(),
});
export type Redundancy = z.infer<typeof Redundancy>;

/** The shape of an entry is not recorded: words are taken as they come, records by their name. */
export const PendingRestart = z.object({
  pending: z.array(z.unknown().transform((entry) => (typeof entry === 'string' ? entry : nameIn(entry)))),
});

/** `timestamp` in epoch milliseconds. */
const LogLine = z.object({ timestamp: z.number(), loggerName: z.string(), level: z.string(), message: z.string().nullish() });
export const LogLines = z.object({ items: z.array(LogLine) });

function nameIn(entry: unknown): string {
  if (typeof entry === 'object' && entry !== null) {
    for (const key of ['name', 'description', 'message', 'id'] as const) {
      const value: unknown = (entry as Record<string, unknown>)[key];
      if (typeof value === 'string') return value;
    }
  }
  return 'something without a name';
}

/** What a gateway tells of itself without a key. */
export interface GwInfo {
  readonly name?: string | undefined;
  /** Such as `8.3.6`. */
  readonly version?: string | undefined;
  readonly contextStatus?: string | undefined;
  /** `Independent`, `Master` or `Backup`: configuration. */
  readonly role?: string | undefined;
  /** `Active`, `Warm` or `Cold`: who is in charge. */
  readonly activityLevel?: string | undefined;
  /** `Good`, `OutOfDate`, `Incompatible` or `Unknown`. */
  readonly projectState?: string | undefined;
}

/** Reads the `Key=Value;` pairs of `/system/gwinfo`. */
export function readGwInfo(text: string): GwInfo {
  const pairs = new Map(
    text.split(';').flatMap((pair): [string, string][] => {
      const at = pair.indexOf('=');
      return at < 0 ? [] : [[pair.slice(0, at).trim(), pair.slice(at + 1).trim()]];
    }),
  );
  return {
    name: pairs.get('PlatformName'),
    version: pairs.get('Version'),
    contextStatus: pairs.get('ContextStatus'),
    role: pairs.get('RedundancyStatus'),
    activityLevel: pairs.get('RedundantNodeActiveStatus'),
    projectState: pairs.get('RedundantState'),
  };
}

/** Whether a version, such as `8.3.6 (b2026042713)`, is one that keeps its resources in files: 8.3 or later. Undefined when it is no version. */
export function isSupportedVersion(version: string): boolean | undefined {
  const [, major, minor] = /^\s*(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || minor === undefined) return undefined;
  return Number(major) > 8 || (Number(major) === 8 && Number(minor) >= 3);
}
