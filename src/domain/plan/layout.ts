import type { IgnitionSyncSpec } from '../../api/v1alpha1/ignition-sync.ts';
import { POD_ANNOTATIONS } from '../../api/v1alpha1/pod-annotations.ts';
import type { SyncProfileSpec } from '../../api/v1alpha1/sync-profile.ts';
import type { DesiredGateway } from '../desired.ts';
import { SyncError } from '../errors.ts';
import { parsePointer } from '../render/pointer.ts';
import type { JsonValue } from '../render/edits.ts';
import { destinationFault } from './destination.ts';
import { CORE, resolvePath, type Layout, type LayoutMapping, type SetValue } from './mapping.ts';
import { mirrorFault } from './mirror.ts';
import { patternFault, type ExcludePattern } from './patterns.ts';
import { renderTemplate, templateValues, type TemplateValues } from './template.ts';
import { sharedMappings, tagProviderWarnings } from './shared.ts';
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
 * @throws SyncError InvalidProfile, InvalidSpec, PathNotAllowed or TemplateFailed, or the gateway's own fault.
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
  const edits = editsOf(gateway, values);
  const tagProvider = gateway.annotations[POD_ANNOTATIONS.tagProvider]?.trim() || undefined;
  const shared = spec.shared ? sharedMappings(spec.shared, tagProvider, values) : [];
  const warnings = tagProviderWarnings(spec.shared, tagProvider);
  if (profile) {
    const { mappings, overlay } = profileLayout(profile.name, profile.spec, values);
    const all = [...mappings, ...shared, ...overlay];
    const rendered = mappings.some(({ template }) => template) ? Object.fromEntries([...values].sort(([a], [b]) => (a < b ? -1 : 1))) : {};
    return { mappings: all, ...edits, excludes, values: rendered, warnings: [...warnings, ...modeWarnings(gateway)] };
  }
  if (gateway.servicePath === undefined) {
    throw new SyncError(
      'InvalidProfile',
      `gateway ${gateway.name} has neither a profile nor a service path: annotate its pod with ignition-sync.io/sync-profile or ignition-sync.io/service-path.`,
    );
  }
  const { servicePath, deploymentMode } = gateway;
  const { mappings, atLeastOne } = twoTierLayout({ servicePath, deploymentMode }, values);
  return { mappings: [...mappings, ...shared], atLeastOne, ...edits, excludes, values: {}, warnings };
}

interface ProfileLayout {
  readonly mappings: readonly LayoutMapping[];
  /** Comes after everything else. */
  readonly overlay: readonly LayoutMapping[];
}

function profileLayout(name: string, spec: SyncProfileSpec, values: TemplateValues): ProfileLayout {
  const mappings = spec.mappings.map((mapping, index): LayoutMapping => {
    const field = `SyncProfile ${name}: spec.mappings[${index}]`;
    const destination = resolvePath(mapping.destination, values, `${field}.destination`);
    const fault = destinationFault(destination, mapping.type);
    if (fault !== undefined) throw new SyncError('PathNotAllowed', `${field}.destination "${destination.path}" ${fault}.`);
    const notMirrored = mapping.mirror === true ? mirrorFault(destination.path) : undefined;
    if (notMirrored !== undefined) throw new SyncError('PathNotAllowed', `${field}.destination "${destination.path}" ${notMirrored}.`);
    const source = resolvePath(mapping.source, values, `${field}.source`);
    const { type, required, template } = mapping;
    return { field, sources: [source], destination, type, required, overlay: false, template, ...(mapping.mirror && { mirror: true }) };
  });
  const mode = spec.deploymentMode;
  if (!mode) return { mappings, overlay: [] };
  const field = `SyncProfile ${name}: spec.deploymentMode`;
  const source = resolvePath(mode.source, values, `${field}.source`);
  const overlay = mode.into === 'core';
  const destination = { path: overlay ? CORE : `config/resources/${mode.name}`, directory: true };
  return { mappings, overlay: [{ field, sources: [source], destination, type: 'directory', required: mode.required, overlay }] };
}

/** What is changed in the files of this gateway: patches and normalisation of its profile, its own system name. */
function editsOf(gateway: DesiredGateway, values: TemplateValues): Pick<Layout, 'patches' | 'normalize'> {
  const { name = '', spec } = gateway.profile ?? {};
  const set = (values_: readonly { path: string; value?: unknown }[], field: string): SetValue[] =>
    values_.map(({ path, value }, i) => setValue(path, value as JsonValue, `${field}[${i}]`, values));
  const patches = (spec?.patches ?? []).map((patch, i) => {
    const field = `SyncProfile ${name}: spec.patches[${i}]`;
    const fault = patternFault(patch.files);
    if (fault !== undefined) throw new SyncError('InvalidPattern', `${field}.files "${patch.files}" ${fault}.`);
    return { field, files: patch.files, set: set(patch.set, `${field}.set`), required: patch.required };
  });
  const normalize = `SyncProfile ${name}: spec.normalize`;
  return {
    patches,
    normalize: {
      ...systemNameOf(gateway, values),
      everyConfig: spec?.normalize?.everyConfig ?? false,
      fields: set(spec?.normalize?.fields ?? [], `${normalize}.fields`),
    },
  };
}

function setValue(pointer: string, value: JsonValue, field: string, values: TemplateValues): SetValue {
  const parsed = parsePointer(pointer);
  if ('wrong' in parsed) throw new SyncError('PatchFailed', `${field}.path "${pointer}" ${parsed.wrong}.`);
  return { field, pointer, value: renderValue(value, values, `${field}.value`) };
}

/** Renders every text in a value. */
function renderValue(value: JsonValue, values: TemplateValues, field: string): JsonValue {
  if (typeof value === 'string') return renderTemplate(value, values, field, 'taken');
  if (Array.isArray(value)) return value.map((item: JsonValue) => renderValue(item, values, field));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]: [string, JsonValue]) => [key, renderValue(item, values, field)]));
}

/** The pod's own word counts most: the annotation system-name as it stands, then system-name-template, then the profile. */
function systemNameOf({ annotations, profile }: DesiredGateway, values: TemplateValues): Partial<Layout['normalize']> {
  const { systemName, systemNameTemplate } = POD_ANNOTATIONS;
  const own = annotations[systemName];
  if (own !== undefined) return { systemName: { field: `annotation ${systemName}`, value: own } };
  const [text, field] = [
    [annotations[systemNameTemplate], `annotation ${systemNameTemplate}`] as const,
    [profile?.spec.normalize?.systemName, `SyncProfile ${profile?.name ?? ''}: spec.normalize.systemName`] as const,
  ].find(([said]) => said !== undefined) ?? [undefined, ''];
  return text === undefined ? {} : { systemName: { field, value: renderTemplate(text, values, field) } };
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
