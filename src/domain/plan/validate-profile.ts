import type { SyncProfileSpec } from '../../api/v1alpha1/sync-profile.ts';
import type { Fault } from '../errors.ts';
import { restartFaults } from '../restart.ts';
import { checkPath, checkVariables } from './check-path.ts';
import { parsePointer } from '../render/pointer.ts';
import { patternFault } from './patterns.ts';

/**
 * Everything that is wrong with a profile whatever the commit and the gateway; empty when it is fine. Each fault names field, value
 * and fix.
 */
export function validateProfile(spec: SyncProfileSpec): Fault[] {
  const paths = spec.mappings.flatMap((mapping, i) => [
    ...checkPath(mapping.source, `spec.mappings[${i}].source`, spec.vars),
    ...checkPath(mapping.destination, `spec.mappings[${i}].destination`, spec.vars, {
      type: mapping.type,
      mirror: mapping.mirror === true,
    }),
  ]);
  const mode = spec.deploymentMode ? checkPath(spec.deploymentMode.source, 'spec.deploymentMode.source', spec.vars) : [];
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
      return [...wrong, ...checkVariables(JSON.stringify(value ?? null), `${field}[${i}].value`, spec.vars)];
    });
  return [
    ...patches.flatMap((patch, i) => {
      const fault = patternFault(patch.files);
      const wrong: Fault[] =
        fault === undefined ? [] : [{ reason: 'InvalidPattern', message: `spec.patches[${i}].files "${patch.files}" ${fault}.` }];
      return [...wrong, ...set(patch.set, `spec.patches[${i}].set`)];
    }),
    ...set(normalize?.fields ?? [], 'spec.normalize.fields'),
    ...checkVariables(normalize?.systemName ?? '', 'spec.normalize.systemName', spec.vars),
  ];
}

/** Everything that is wrong with a list of exclude patterns. */
function validatePatterns(patterns: readonly string[], field: string): Fault[] {
  return patterns.flatMap((pattern, i): Fault[] => {
    const fault = patternFault(pattern);
    return fault === undefined ? [] : [{ reason: 'InvalidPattern', message: `${field}[${i}] "${pattern}" ${fault}.` }];
  });
}
