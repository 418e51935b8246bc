import type { Shared } from '../../api/v1alpha1/shared.ts';
import type { Fault } from '../errors.ts';
import { checkPath, checkVariables, type KnownVars } from './check-path.ts';

/**
 * Everything that is wrong with `spec.shared` whatever the commit and the gateway; empty when it is fine. Each fault names field, value and
 * fix. What depends on one gateway's label or annotation only its plan can tell.
 * @param vars names that the profiles of the object's gateways give values to
 */
export function validateShared(shared: Shared, vars: Iterable<string>): Fault[] {
  const known: KnownVars = Object.fromEntries([...vars].map((name) => [name, undefined]));
  const { externalResources: external, scripts, udts, additionalFiles } = shared;
  return [
    ...(external ? checkPath(external.source, 'spec.shared.externalResources.source', known) : []),
    ...scripts.flatMap(({ source, destination, projects = [] }, i) => {
      const field = `spec.shared.scripts[${i}]`;
      return [
        ...checkPath(source, `${field}.source`, known),
        ...checkPath(destination, `${field}.destination`, known, { type: 'directory', mirror: false, inProject: true }),
        ...projects.flatMap((name, n) => checkVariables(name, `${field}.projects[${n}]`, known)),
      ];
    }),
    ...udts.flatMap(({ source, tagProvider = '' }, i) => [
      ...checkPath(source, `spec.shared.udts[${i}].source`, known),
      ...checkVariables(tagProvider, `spec.shared.udts[${i}].tagProvider`, known),
    ]),
    ...additionalFiles.flatMap(({ source, destination }, i) => [
      ...checkPath(source, `spec.shared.additionalFiles[${i}].source`, known),
      ...checkPath(destination, `spec.shared.additionalFiles[${i}].destination`, known, { type: 'file', mirror: false }),
    ]),
  ];
}
