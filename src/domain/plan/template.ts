import { SyncError } from '../errors.ts';

/** Values of the variables that a path may name, by their full name (`GatewayName`, `Labels.area`). */
export type TemplateValues = ReadonlyMap<string, string>;

const EXPRESSION = /\{\{([^{}]*)\}\}/g;

/** The variables that a text names, in order. */
export function templateVariables(text: string): string[] {
  return [...text.matchAll(EXPRESSION)].map(([, name = '']) => name.trim());
}

/**
 * Replaces each `{{ Name }}`.
 * @param empty whether an empty value is taken: in a path an empty component would move the files one folder up.
 * @throws SyncError TemplateFailed for an unknown variable or an empty value.
 */
export function renderTemplate(text: string, values: TemplateValues, field: string, empty: 'refused' | 'taken' = 'refused'): string {
  return text.replace(EXPRESSION, (expression, name: string) => {
    const variable = name.trim();
    const value = values.get(variable);
    if (value === undefined) throw new SyncError('TemplateFailed', `${field} "${text}": ${explainUnknown(variable, values)}`);
    if (value === '' && empty === 'refused')
      throw new SyncError(
        'TemplateFailed',
        `${field} "${text}": ${expression} is empty for this gateway. Give it a value, or write the path without it.`,
      );
    return value;
  });
}

/** Says that a variable is not known, and which are. */
export function explainUnknown(variable: string, values: TemplateValues): string {
  const dot = variable.indexOf('.');
  const group = dot < 0 ? '' : variable.slice(0, dot + 1);
  const known = [...values.keys()].filter((name) => (group === '' ? !name.includes('.') : name.startsWith(group))).sort();
  const list = known.length > 0 ? known.join(', ') : 'none';
  return `{{ ${variable} }} is not known for this gateway. Known${group === '' ? '' : ` under ${group.slice(0, -1)}`}: ${list}${group === '' ? ', Labels.*, Annotations.*, Vars.*' : ''}.`;
}

/** What the variables mean for one gateway. */
export interface TemplateContext {
  readonly gateway: string;
  readonly podName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly namespace: string;
  readonly object: string;
  readonly profile?: string | undefined;
  readonly vars: Readonly<Record<string, string>>;
  readonly ref: string;
  readonly commit: string;
}

/** Names without a dot that a path may use. */
export const BUILT_IN_VARIABLES = ['GatewayName', 'PodName', 'PodOrdinal', 'Namespace', 'CRName', 'ProfileName', 'Ref', 'Commit'] as const;

/** Collects the values; what a gateway does not have (an ordinal, a profile) is left unknown. */
export function templateValues(context: TemplateContext): TemplateValues {
  const ordinal = /-([0-9]+)$/.exec(context.podName)?.[1];
  const builtIn: Record<(typeof BUILT_IN_VARIABLES)[number], string | undefined> = {
    GatewayName: context.gateway,
    PodName: context.podName === '' ? undefined : context.podName,
    PodOrdinal: ordinal,
    Namespace: context.namespace,
    CRName: context.object,
    ProfileName: context.profile,
    Ref: context.ref,
    Commit: context.commit,
  };
  const values = new Map<string, string>();
  const add = (prefix: string, entries: Readonly<Record<string, string | undefined>>): void => {
    for (const [name, value] of Object.entries(entries)) if (value !== undefined) values.set(prefix + name, value);
  };
  add('', builtIn);
  add('Labels.', context.labels);
  add('Annotations.', context.annotations);
  add('Vars.', context.vars);
  return values;
}
