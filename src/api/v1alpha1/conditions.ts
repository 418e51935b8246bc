import { z } from 'zod';

/** The standard Kubernetes condition. */
export const Condition = z.object({
  type: z.string(),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string(),
  message: z.string(),
  lastTransitionTime: z.string(),
  observedGeneration: z.int().optional(),
});
export type Condition = z.infer<typeof Condition>;

/** All conditions of an object, one per type. */
export const Conditions = z
  .array(Condition)
  .max(20)
  .meta({
    description: 'What holds of the object and what does not, one per type.',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
  });

/** Condition types of an IgnitionSync. `Ready`, `Reconciling` and `Stalled` follow kstatus. */
export type ConditionType =
  | 'Ready'
  | 'Reconciling'
  | 'Stalled'
  | 'RefResolved'
  | 'GatewaysSynced'
  | 'PendingApproval'
  | 'Paused'
  | 'Frozen'
  | 'Drifted'
  | 'TagMoved'
  | 'InsecureTransport';

/** Condition types of an IgnitionGateway. */
export type GatewayConditionType = 'Accepted' | 'Drifted' | 'NameTwin';

/** The condition of an IgnitionGateway that says whether it can be synced at all; False = its pod's annotations are wrong. */
export const ACCEPTED = 'Accepted';

/** The condition that says whether somebody changed files of ours since the last sync; of an IgnitionGateway, and of an IgnitionSync for all of its own. */
export const DRIFTED = 'Drifted';

/** The condition of an IgnitionGateway that names what is not ours and differs from something of ours only in case or accents. */
export const NAME_TWIN = 'NameTwin';
