import { SyncError } from '../errors.ts';
import type { JsonValue } from '../render/edits.ts';
import { cleanPath, type CleanPath } from './paths.ts';
import type { ExcludePattern } from './patterns.ts';
import { renderTemplate, type TemplateValues } from './template.ts';

/** One mapping with its templates rendered and its paths cleaned. */
export interface LayoutMapping {
  /** The field, for messages: `SyncProfile site: spec.mappings[0]`. */
  readonly field: string;
  /** Looked for in this order; the first that the commit has is taken. */
  readonly sources: readonly CleanPath[];
  readonly destination: CleanPath;
  readonly type?: 'file' | 'directory' | undefined;
  readonly required: boolean;
  /** Laid over core: replacing is its purpose, and its own config-mode.json stays out. */
  readonly overlay: boolean;
  /** The destination shall hold nothing but what mappings bring. */
  readonly mirror?: true;
  /** Variables in the texts of its files are replaced too. */
  readonly template?: boolean;
  /** Common to all gateways of an IgnitionSync: says nothing of whether a service path is right. */
  readonly shared?: true;
  /** The destination is one inside each project that the plan has so far, or inside `only` these of them. */
  readonly eachProject?: { readonly only?: readonly string[] };
}

/** Values to be set in the JSON files that a glob matches. */
export interface LayoutPatch {
  readonly field: string;
  readonly files: string;
  readonly set: readonly SetValue[];
  readonly required: boolean;
}

/** One value with its templates rendered. */
export interface SetValue {
  readonly field: string;
  readonly pointer: string;
  readonly value: JsonValue;
}

/** What makes files that gateways share unique for one gateway. */
export interface Normalize {
  /** Absent = this gateway's `ignition/system-properties` is left out. */
  readonly systemName?: { readonly field: string; readonly value: string };
  readonly everyConfig: boolean;
  readonly fields: readonly SetValue[];
}

/** Where everything of one gateway comes from and goes to. Gateways with equal layouts get equal files from one commit. */
export interface Layout {
  readonly mappings: readonly LayoutMapping[];
  readonly excludes: readonly ExcludePattern[];
  readonly patches: readonly LayoutPatch[];
  readonly normalize: Normalize;
  /** What variables in file contents stand for; empty where no mapping renders contents, so that such gateways share their plan. */
  readonly values: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  /** At least one mapping must find its source; this says whose words it is when none does. */
  readonly atLeastOne?: string | undefined;
}

/** Where an overlay goes. */
export const CORE = 'config/resources/core';

/** Renders and cleans one path of a mapping. */
export function resolvePath(text: string, values: TemplateValues, field: string): CleanPath {
  const rendered = renderTemplate(text, values, field);
  const cleaned = cleanPath(rendered);
  if ('wrong' in cleaned) throw new SyncError('PathNotAllowed', `${field} "${rendered}" ${cleaned.wrong}.`);
  return cleaned;
}
