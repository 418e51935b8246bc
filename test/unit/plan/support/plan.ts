import { IgnitionSyncSpec } from '../../../../src/api/v1alpha1/ignition-sync.ts';
import { SyncProfileSpec } from '../../../../src/api/v1alpha1/sync-profile.ts';
import type { DesiredGateway } from '../../../../src/domain/desired.ts';
import { SyncError } from '../../../../src/domain/errors.ts';
import type { GatewayPlan } from '../../../../src/domain/plan/compose.ts';
import { planGateway } from '../../../../src/domain/plan/plan-gateway.ts';
import type { TreeEntry } from '../../../../src/domain/plan/tree.ts';

export const CONTEXT = { namespace: 'plant', object: 'demo', ref: 'main', commit: 'c'.repeat(40) };

/** A listing: `path`, or `path=content` where contents must differ, or `path@120000` for another mode. */
function tree(...paths: readonly string[]): TreeEntry[] {
  return paths.map((text): TreeEntry => {
    const [, path = '', mode = '100644', content] = /^(.*?)(?:@(\d{6}))?(?:=(.*))?$/s.exec(text) ?? [];
    return { path, mode: mode as TreeEntry['mode'], oid: `oid of ${content ?? path}` };
  });
}

export interface Case {
  readonly tree: readonly string[];
  readonly mappings?: readonly Record<string, unknown>[];
  readonly profile?: Record<string, unknown>;
  readonly gateway?: Partial<DesiredGateway>;
  readonly spec?: Record<string, unknown>;
}

/** Plans one gateway whose profile has these mappings (`source -> destination`, all of it when left out). */
export function plan({
  tree: paths,
  mappings = [{ source: '.', destination: '.' }],
  profile = {},
  gateway = {},
  spec = {},
}: Case): GatewayPlan {
  const parsed = SyncProfileSpec.parse({ mappings, ...profile });
  const base = { name: 'gw', podName: 'gw-3', labels: {}, annotations: {}, excludePatterns: [], live: 'none' };
  const own = 'servicePath' in gateway ? {} : { profile: { name: 'p', spec: parsed } };
  return planGateway({
    tree: tree(...paths),
    gateway: { ...base, ...own, ...gateway },
    spec: IgnitionSyncSpec.parse({
      git: { repo: 'https://git.example/a.git', ref: 'main' },
      gateway: { apiKeySecretRef: { name: 'k', key: 'k' } },
      ...spec,
    }),
    context: CONTEXT,
  });
}

/** Where each file comes from, by the path it lands on. */
export function origins(planned: GatewayPlan): Record<string, string> {
  return Object.fromEntries(planned.files.map(({ path, oid }): [string, string] => [path, oid.slice('oid of '.length)]));
}

export function paths(planned: GatewayPlan): string[] {
  return planned.files.map(({ path }) => path).sort();
}

/** `Reason: message` of what planning fails with. */
export function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof SyncError) return `${error.reason}: ${error.message}`;
    throw error;
  }
  throw new Error('planning was expected to fail');
}
