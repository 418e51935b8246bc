import { SyncError } from '../errors.ts';
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
}

/** Where everything of one gateway comes from and goes to. Gateways with equal layouts get equal files from one commit. */
export interface Layout {
  readonly mappings: readonly LayoutMapping[];
  readonly excludes: readonly ExcludePattern[];
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
