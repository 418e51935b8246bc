import type { z } from 'zod';
import { IgnitionGatewaySpec, IgnitionGatewayStatus } from './ignition-gateway.ts';
import { IgnitionSyncSpec, IgnitionSyncStatus } from './ignition-sync.ts';
import { SyncProfileSpec, SyncProfileStatus } from './sync-profile.ts';

export const GROUP = 'sync.ignition.io';
export const VERSION = 'v1alpha1';

/** A column of `kubectl get`. `wide` columns show with `-o wide` only. */
export interface Column {
  readonly name: string;
  readonly jsonPath: string;
  readonly type?: 'string' | 'integer' | 'date';
  readonly wide?: true;
}

/** One kind as the apiserver knows it. */
export interface Kind {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly description: string;
  readonly spec: z.ZodType;
  readonly status: z.ZodType;
  readonly columns: readonly Column[];
}

const AGE: Column = { name: 'AGE', jsonPath: '.metadata.creationTimestamp', type: 'date' };

/** Every kind that the CRDs of this product define. */
export const KINDS = {
  IgnitionSync: {
    kind: 'IgnitionSync',
    plural: 'ignitionsyncs',
    singular: 'ignitionsync',
    shortNames: ['isync', 'igs'],
    description: 'Rolls the commits of one repository out to the Ignition gateways that belong to it.',
    spec: IgnitionSyncSpec,
    status: IgnitionSyncStatus,
    columns: [
      { name: 'REF', jsonPath: '.spec.git.ref' },
      { name: 'REVISION', jsonPath: '.status.shortRevision' },
      { name: 'STAGE', jsonPath: '.status.stage' },
      { name: 'SYNCED', jsonPath: '.status.gateways.summary' },
      { name: 'FAILED', jsonPath: '.status.gateways.failed', type: 'integer' },
      { name: 'WAITING-FOR', jsonPath: '.status.waitingFor' },
      { name: 'READY', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
      AGE,
      { name: 'REASON', jsonPath: '.status.conditions[?(@.type=="Ready")].reason', wide: true },
      { name: 'MESSAGE', jsonPath: '.status.conditions[?(@.type=="Ready")].message', wide: true },
    ],
  },
  SyncProfile: {
    kind: 'SyncProfile',
    plural: 'syncprofiles',
    singular: 'syncprofile',
    shortNames: ['sp'],
    description: 'Says which paths of the repository go where on one kind of gateway.',
    spec: SyncProfileSpec,
    status: SyncProfileStatus,
    columns: [{ name: 'DEPLOYMENT-MODE', jsonPath: '.spec.deploymentMode.name' }, AGE],
  },
  IgnitionGateway: {
    kind: 'IgnitionGateway',
    plural: 'ignitiongateways',
    singular: 'ignitiongateway',
    shortNames: ['igw'],
    description: 'One Ignition gateway: made by the operator for each discovered pod, by a user for a gateway outside Kubernetes.',
    spec: IgnitionGatewaySpec,
    status: IgnitionGatewayStatus,
    columns: [
      { name: 'SYNC', jsonPath: '.spec.syncRef.name' },
      { name: 'PHASE', jsonPath: '.status.phase' },
      { name: 'REDUNDANCY', jsonPath: '.status.redundancy.summary' },
      { name: 'REVISION', jsonPath: '.status.shortRevision' },
      { name: 'WAITING-FOR', jsonPath: '.status.waitingFor' },
      { name: 'REASON', jsonPath: '.status.reason' },
      AGE,
      { name: 'MESSAGE', jsonPath: '.status.message', wide: true },
    ],
  },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;
