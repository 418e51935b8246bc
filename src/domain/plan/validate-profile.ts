import type { SyncProfileSpec } from '../../api/v1alpha1/sync-profile.ts';
import type { Fault } from '../errors.ts';
import { restartFaults } from '../restart.ts';
import { destinationFault } from './destination.ts';
import { parsePointer } from '../render/pointer.ts';
import { moduleSourceFault } from './modules.ts';
import { cleanPath } from './paths.ts';
import { mirrorFault } from './mirror.ts';
import { patternFault } from './patterns.ts';
import { BUILT_IN_VARIABLES, templateVariables } from './template.ts';

/** Stands for the value of a variable that only a gateway knows. */
const UNKNOWN_VALUE = '\uE000';

/**
 * Everything that is wrong with a profile whatever the commit and the gateway; empty when it is fine. Each fault names field, value
 * and fix.
 */
export function validateProfile(spec: SyncProfileSpec): Fault[] {
  const paths = spec.mappings.flatMap((mapping, i) => [
    ...checkPath(mapping.source, `spec.mappings[${i}].source`, spec),
    ...checkPath(mapping.destination, `spec.mappings[${i}].destination`, spec, { type: mapping.type, mirror: mapping.mirror === true }),
  ]);
  const mode = spec.deploymentMode ? checkPath(spec.deploymentMode.source, 'spec.deploymentMode.source', spec) : [];
  return [
    ...paths,
    ...mode,
    ...checkEdits(spec),
    ...validatePatterns(spec.excludePatterns, 'spec.excludePatterns'),
    ...restartFaults(spec.restart),
  ];
}

function checkEdits(spec: SyncProfileSpec): Fault[] {
  const { patches, normalize } = spec;
  const set = (values: readonly { path: string; value?: unknown }[], field: string): Fault[] =>
    values.flatMap(({ path, value }, i) => {
      const pointer = parsePointer(path);
      const wrong: Fault[] =
        'wrong' in pointer ? [{ reason: 'PatchFailed', message: `${field}[${i}].path "${path}" ${pointer.wrong}.` }] : [];
      return [...wrong, ...checkVariables(JSON.stringify(value ?? null), `${field}[${i}].value`, spec)];
    });
  return [
    ...patches.flatMap((patch, i) => {
      const fault = patternFault(patch.files);
      const wrong: Fault[] =
        fault === undefined ? [] : [{ reason: 'InvalidPattern', message: `spec.patches[${i}].files "${patch.files}" ${fault}.` }];
      return [...wrong, ...set(patch.set, `spec.patches[${i}].set`)];
    }),
    ...set(normalize?.fields ?? [], 'spec.normalize.fields'),
    ...checkVariables(normalize?.systemName ?? '', 'spec.normalize.systemName', spec),
  ];
}

function checkVariables(text: string, field: string, spec: SyncProfileSpec): Fault[] {
  const unknown = templateVariables(text).find((name) => !isKnown(name, spec));
  if (unknown === undefined) return [];
  const known = [...BUILT_IN_VARIABLES, 'Labels.*', 'Annotations.*', ...Object.keys(spec.vars).map((name) => `Vars.${name}`)].join(', ');
  return [{ reason: 'TemplateFailed', message: `${field} "${text}": {{ ${unknown} }} is not known. Known: ${known}.` }];
}

/** Everything that is wrong with a list of exclude patterns. */
function validatePatterns(patterns: readonly string[], field: string): Fault[] {
  return patterns.flatMap((pattern, i): Fault[] => {
    const fault = patternFault(pattern);
    return fault === undefined ? [] : [{ reason: 'InvalidPattern', message: `${field}[${i}] "${pattern}" ${fault}.` }];
  });
}

function checkPath(
  text: string,
  field: string,
  spec: SyncProfileSpec,
  destination?: { type?: 'file' | 'directory' | undefined; mirror: boolean },
): Fault[] {
  const unknown = checkVariables(text, field, spec);
  if (unknown.length > 0) return unknown;
  const emptyVar = templateVariables(text).find((name) => name.startsWith('Vars.') && spec.vars[name.slice(5)] === '');
  if (emptyVar !== undefined)
    return [
      {
        reason: 'TemplateFailed',
        message: `${field} "${text}": {{ ${emptyVar} }} is empty. Give it a value, or write the path without it.`,
      },
    ];
  const rendered = text.replace(
    /\{\{([^{}]*)\}\}/g,
    (_, name: string) => (name.trim().startsWith('Vars.') ? spec.vars[name.trim().slice(5)] : undefined) ?? UNKNOWN_VALUE,
  );
  const cleaned = cleanPath(rendered);
  if ('wrong' in cleaned) return [{ reason: 'PathNotAllowed', message: `${field} "${text}" ${cleaned.wrong}.` }];
  // Where a gateway's own value decides the place, only planning can tell.
  if (destination && cleaned.path.split('/').slice(0, 3).join('/').includes(UNKNOWN_VALUE)) return [];
  const fault = !destination
    ? moduleSourceFault(cleaned.path)
    : (destinationFault(cleaned, destination.type) ?? (destination.mirror ? mirrorFault(cleaned.path) : undefined));
  return fault === undefined ? [] : [{ reason: 'PathNotAllowed', message: `${field} "${text}" ${fault}.` }];
}

function isKnown(name: string, spec: SyncProfileSpec): boolean {
  if (name.startsWith('Vars.')) return Object.hasOwn(spec.vars, name.slice(5));
  return /^(Labels|Annotations)\../.test(name) || BUILT_IN_VARIABLES.some((known) => known === name);
}
