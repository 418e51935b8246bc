import type { Shared } from '../../api/v1alpha1/shared.ts';
import { POD_ANNOTATIONS } from '../../api/v1alpha1/pod-annotations.ts';
import { SyncError } from '../errors.ts';
import { destinationFault } from './destination.ts';
import { CORE, resolvePath, type LayoutMapping } from './mapping.ts';
import { joinPath, type CleanPath } from './paths.ts';
import { renderTemplate, type TemplateValues } from './template.ts';

const FIELD = 'IgnitionSync: spec.shared';
const DEFAULT_PROVIDER = 'default';

/**
 * What all gateways of an IgnitionSync have in common, in the order of the script that it replaces: external resources, scripts into each
 * project, UDTs of each tag provider, additional files.
 * @param tagProvider what the gateway's pod says of the provider of its UDTs
 * @throws SyncError PathNotAllowed, TemplateFailed or InvalidSpec
 */
export function sharedMappings(shared: Shared, tagProvider: string | undefined, values: TemplateValues): LayoutMapping[] {
  const mapping = (
    { source, required }: { readonly source: string; readonly required: boolean },
    field: string,
    destination: CleanPath,
    rest: Partial<LayoutMapping> = {},
  ): LayoutMapping => {
    const [path, type] = [destination.path, rest.type ?? 'directory'];
    const fault = destinationFault(rest.eachProject ? { ...destination, path: joinPath('projects/x', path) } : destination, type);
    if (fault !== undefined) throw new SyncError('PathNotAllowed', `${field}.destination "${path}" ${fault}.`);
    const sources = [resolvePath(source, values, `${field}.source`)];
    return { field, sources, destination, type, required, overlay: false, shared: true, ...rest };
  };
  const { externalResources: external, scripts, udts, additionalFiles } = shared;
  return [
    ...(external ? [mapping(external, `${FIELD}.externalResources`, folder('config/resources/external'))] : []),
    ...scripts.map((script, i) => {
      const field = `${FIELD}.scripts[${i}]`;
      const only = script.projects?.map((name, n) => renderTemplate(name, values, `${field}.projects[${n}]`));
      const destination = resolvePath(script.destination, values, `${field}.destination`);
      return mapping(script, field, destination, { eachProject: only ? { only } : {} });
    }),
    ...udts.map((one, i) => {
      const field = `${FIELD}.udts[${i}]`;
      const provider = one.tagProvider === undefined ? undefined : renderTemplate(one.tagProvider, values, `${field}.tagProvider`);
      return mapping(one, field, folder(`${CORE}/ignition/tag-type-definition/${providerName(provider, field, tagProvider)}`));
    }),
    ...additionalFiles.map((file, i) => {
      const field = `${FIELD}.additionalFiles[${i}]`;
      return mapping(file, field, resolvePath(file.destination, values, `${field}.destination`), { type: 'file' });
    }),
  ];
}

/** Says that a pod names a tag provider and nothing goes by it. */
export function tagProviderWarnings(shared: Shared | undefined, tagProvider: string | undefined): string[] {
  if (tagProvider === undefined || shared?.udts.some((one) => one.tagProvider === undefined)) return [];
  const why = shared?.udts.length ? 'every one of spec.shared.udts names its own tagProvider' : 'its IgnitionSync has no spec.shared.udts';
  return [`annotation ${POD_ANNOTATIONS.tagProvider} ("${tagProvider}") has no effect: ${why}.`];
}

function folder(path: string): CleanPath {
  return { path, directory: true };
}

function providerName(own: string | undefined, field: string, ofPod: string | undefined): string {
  const [name, where] =
    own === undefined ? [ofPod ?? DEFAULT_PROVIDER, `annotation ${POD_ANNOTATIONS.tagProvider}`] : [own, `${field}.tagProvider`];
  if (/[/\\\0]/.test(name) || name === '.' || name === '..')
    throw new SyncError('InvalidSpec', `${where} "${name}" is not the name of a tag provider: give a name such as default, not a path.`);
  return name;
}
