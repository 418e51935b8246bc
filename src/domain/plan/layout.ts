import type { IgnitionSyncSpec } from '../../api/v1alpha1/ignition-sync.ts';
import type { SyncProfileSpec } from '../../api/v1alpha1/sync-profile.ts';
import type { DesiredGateway } from '../desired.ts';
import { SyncError } from '../errors.ts';
import { destinationFault } from './destination.ts';
import { CORE, resolvePath, type Layout, type LayoutMapping } from './mapping.ts';
import type { ExcludePattern } from './patterns.ts';
import { templateValues, type TemplateValues } from './template.ts';
import { twoTierLayout } from './two-tier.ts';

/** What planning knows besides the gateway and the spec. */
export interface PlanContext {
  readonly namespace: string;
  /** Name of the IgnitionSync. */
  readonly object: string;
  readonly ref: string;
  readonly commit: string;
}

/**
 * Works out the layout of one gateway; needs no commit's content.
 * @throws SyncError InvalidProfile, PathNotAllowed or TemplateFailed, or the gateway's own fault.
 */
export function resolveLayout(gateway: DesiredGateway, spec: IgnitionSyncSpec, context: PlanContext): Layout {
  if (gateway.fault) throw new SyncError(gateway.fault.reason, gateway.fault.message);
  const { profile } = gateway;
  const values = templateValues({
    gateway: gateway.name,
    podName: gateway.podName,
    labels: gateway.labels,
    annotations: gateway.annotations,
    namespace: context.namespace,
    object: context.object,
    profile: profile?.name,
    vars: profile?.spec.vars ?? {},
    ref: context.ref,
    commit: context.commit,
  });
  const excludes = excludesOf(gateway, spec);
  if (profile) return { ...profileLayout(profile.name, profile.spec, values), excludes, warnings: modeWarnings(gateway) };
  if (gateway.servicePath === undefined) {
    throw new SyncError(
      'InvalidProfile',
      `gateway ${gateway.name} has neither a profile nor a service path: annotate its pod with ignition-sync.io/sync-profile or ignition-sync.io/service-path.`,
    );
  }
  return { ...twoTierLayout({ servicePath: gateway.servicePath, deploymentMode: gateway.deploymentMode }, values), excludes, warnings: [] };
}

function profileLayout(name: string, spec: SyncProfileSpec, values: TemplateValues): Pick<Layout, 'mappings'> {
  const mappings = spec.mappings.map((mapping, index): LayoutMapping => {
    const field = `SyncProfile ${name}: spec.mappings[${index}]`;
    const destination = resolvePath(mapping.destination, values, `${field}.destination`);
    const fault = destinationFault(destination, mapping.type);
    if (fault !== undefined) throw new SyncError('PathNotAllowed', `${field}.destination "${destination.path}" ${fault}.`);
    const source = resolvePath(mapping.source, values, `${field}.source`);
    return { field, sources: [source], destination, type: mapping.type, required: mapping.required, overlay: false };
  });
  const mode = spec.deploymentMode;
  if (!mode) return { mappings };
  const field = `SyncProfile ${name}: spec.deploymentMode`;
  const source = resolvePath(mode.source, values, `${field}.source`);
  return {
    mappings: [
      ...mappings,
      { field, sources: [source], destination: { path: CORE, directory: true }, type: 'directory', required: mode.required, overlay: true },
    ],
  };
}

function excludesOf(gateway: DesiredGateway, spec: IgnitionSyncSpec): ExcludePattern[] {
  const { profile } = gateway;
  return [
    ...spec.excludePatterns.map((pattern, i) => ({ pattern, field: `IgnitionSync: spec.excludePatterns[${i}]` })),
    ...(profile?.spec.excludePatterns ?? []).map((pattern, i) => ({
      pattern,
      field: `SyncProfile ${profile?.name ?? ''}: spec.excludePatterns[${i}]`,
    })),
    ...gateway.excludePatterns.map((pattern, i) => ({
      pattern,
      field: `gateway ${gateway.name}: excludePatterns[${i}] (annotation ignition-sync.io/exclude-patterns)`,
    })),
  ];
}

function modeWarnings(gateway: DesiredGateway): string[] {
  const ofProfile = gateway.profile?.spec.deploymentMode?.name;
  if (gateway.deploymentMode === undefined || gateway.deploymentMode === ofProfile) return [];
  const instead = ofProfile === undefined ? 'which has no deploymentMode' : `whose deploymentMode is ${ofProfile}`;
  return [
    `deployment mode ${gateway.deploymentMode} of the gateway has no effect: its overlay is chosen by SyncProfile ${gateway.profile?.name ?? ''}, ${instead}.`,
  ];
}
