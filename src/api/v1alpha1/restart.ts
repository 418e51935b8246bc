import { z } from 'zod';
import { Duration, textOf } from './schema.ts';

const Window = z.object({
  days: z
    .array(z.enum(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']))
    .min(1)
    .max(7)
    .optional()
    .describe('Days on which it begins; every day when left out.'),
  start: textOf(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, 'a time of day such as 02:00', 5).describe('Time of day at which it begins.'),
  duration: Duration.describe('How long it is open, at most 24h.'),
  timeZone: textOf(/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/, 'a time zone such as Europe/Berlin or UTC', 64).describe(
    'Time zone of start, of the IANA database.',
  ),
});

export const DEFAULT_RESTART_TIMEOUT = '10m';

/** `spec.restart` of a SyncProfile: whether and when a gateway may be restarted by us. */
export const Restart = z.object({
  windows: z.array(Window).min(1).max(20).describe('Only inside one of these a gateway is asked to restart.'),
  whenInUse: z
    .enum(['wait', 'proceed'])
    .default('wait')
    .describe(
      'wait: only while nobody has a Designer, Perspective or a Vision client open, whatever the project and the session policies. proceed: also then.',
    ),
  timeout: Duration.default(DEFAULT_RESTART_TIMEOUT).describe(
    'How long the gateway may take to come back; then it has failed and the rollout holds.',
  ),
});
export type Restart = z.infer<typeof Restart>;
