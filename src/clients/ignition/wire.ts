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
export const ProjectNames = z.union([z.array(Name), z.object({ items: z.array(Name) }).transform(({ items }) => items)]);
