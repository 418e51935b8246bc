import { SyncError } from '../errors.ts';
import { CORE, resolvePath, type Layout, type LayoutMapping } from './mapping.ts';
import { joinPath, type CleanPath } from './paths.ts';
import type { TemplateValues } from './template.ts';

const FIELD = 'service path (annotation ignition-sync.io/service-path)';

/**
 * The layout of a gateway without a profile, in the order of the script that it replaces: projects, core, the deployment mode's
 * overlay on top of core, then external resources; what all gateways share comes after them. All of them lie below the service path:
 *
 *   <servicePath>/projects                                   -> projects
 *   <servicePath>/config/resources/core                      -> config/resources/core
 *   <servicePath>/overlays/<mode>, else
 *   <servicePath>/config/resources/<mode>                    -> config/resources/core
 *   <servicePath>/config/resources/external                  -> config/resources/external
 *
 * The overlay must be there when a mode is named; of the others one is enough.
 */
export function twoTierLayout(
  at: { readonly servicePath: string; readonly deploymentMode?: string | undefined },
  values: TemplateValues,
): Pick<Layout, 'mappings' | 'atLeastOne'> {
  const base = resolvePath(at.servicePath, values, FIELD).path;
  const below = (...parts: string[]): CleanPath => ({ path: joinPath(base, parts.join('/')), directory: true });
  const mapping = (sources: CleanPath[], destination: string, rest: Partial<LayoutMapping> = {}): LayoutMapping => ({
    field: FIELD,
    sources,
    destination: { path: destination, directory: true },
    type: 'directory',
    required: false,
    overlay: false,
    ...rest,
  });
  const mode = at.deploymentMode;
  if (mode !== undefined && !isModeName(mode)) {
    throw new SyncError(
      'InvalidProfile',
      `deployment mode "${mode}" cannot be one: give the name of the mode's own folder, not a path and not core, external, local or system.`,
    );
  }
  const overlay =
    mode === undefined
      ? []
      : [
          mapping([below('overlays', mode), below('config/resources', mode)], CORE, {
            field: `deployment mode ${mode}`,
            required: true,
            overlay: true,
          }),
        ];
  return {
    mappings: [
      mapping([below('projects')], 'projects'),
      mapping([below(CORE)], CORE),
      ...overlay,
      mapping([below('config/resources/external')], 'config/resources/external'),
    ],
    atLeastOne: `${FIELD} "${at.servicePath}"`,
  };
}

function isModeName(mode: string): boolean {
  return !/^(|\.|\.\.|core|external|local|system)$/i.test(mode) && !/[/\\]/.test(mode);
}
