import type { Fault } from '../errors.ts';
import { destinationFault } from './destination.ts';
import { mirrorFault } from './mirror.ts';
import { moduleSourceFault } from './modules.ts';
import { cleanPath, joinPath } from './paths.ts';
import { BUILT_IN_VARIABLES, templateVariables } from './template.ts';

/** The `Vars.*` that a text may name; undefined where each gateway has a value of its own. */
export type KnownVars = Readonly<Record<string, string | undefined>>;

/** Stands for the value of a variable that only a gateway knows. */
const UNKNOWN_VALUE = '\uE000';

/** What is wrong with the variables that a text names. */
export function checkVariables(text: string, field: string, vars: KnownVars): Fault[] {
  const unknown = templateVariables(text).find((name) => !isKnown(name, vars));
  if (unknown === undefined) return [];
  const known = [...BUILT_IN_VARIABLES, 'Labels.*', 'Annotations.*', ...Object.keys(vars).map((name) => `Vars.${name}`)].join(', ');
  return [{ reason: 'TemplateFailed', message: `${field} "${text}": {{ ${unknown} }} is not known. Known: ${known}.` }];
}

/** What is wrong with a path in the repository, or with a place on gateways, whatever the commit and the gateway. */
export function checkPath(
  text: string,
  field: string,
  vars: KnownVars,
  destination?: {
    readonly type?: 'file' | 'directory' | undefined;
    readonly mirror: boolean;
    /** A place inside each project. */
    readonly inProject?: boolean;
  },
): Fault[] {
  const unknown = checkVariables(text, field, vars);
  if (unknown.length > 0) return unknown;
  const emptyVar = templateVariables(text).find((name) => name.startsWith('Vars.') && vars[name.slice(5)] === '');
  if (emptyVar !== undefined)
    return [
      {
        reason: 'TemplateFailed',
        message: `${field} "${text}": {{ ${emptyVar} }} is empty. Give it a value, or write the path without it.`,
      },
    ];
  const rendered = text.replace(
    /\{\{([^{}]*)\}\}/g,
    (_, name: string) => (name.trim().startsWith('Vars.') ? vars[name.trim().slice(5)] : undefined) ?? UNKNOWN_VALUE,
  );
  const cleaned = cleanPath(rendered);
  if ('wrong' in cleaned) return [{ reason: 'PathNotAllowed', message: `${field} "${text}" ${cleaned.wrong}.` }];
  if (!destination) {
    const wrong = moduleSourceFault(cleaned.path);
    return wrong === undefined ? [] : [{ reason: 'PathNotAllowed', message: `${field} "${text}" ${wrong}.` }];
  }
  const path = destination.inProject ? joinPath('projects/x', cleaned.path) : cleaned.path;
  // Where a gateway's own value decides the place, only planning can tell.
  if (path.split('/').slice(0, 3).join('/').includes(UNKNOWN_VALUE)) return [];
  const fault = destinationFault({ ...cleaned, path }, destination.type) ?? (destination.mirror ? mirrorFault(path) : undefined);
  return fault === undefined ? [] : [{ reason: 'PathNotAllowed', message: `${field} "${text}" ${fault}.` }];
}

function isKnown(name: string, vars: KnownVars): boolean {
  if (name.startsWith('Vars.')) return Object.hasOwn(vars, name.slice(5));
  return /^(Labels|Annotations)\../.test(name) || BUILT_IN_VARIABLES.some((known) => known === name);
}
