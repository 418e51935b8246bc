import { SyncError } from '../errors.ts';
import { type TemplateValues, explainUnknown } from '../plan/template.ts';

/** An escaped opening, or an opening with whatever follows it up to a closing on the same line. */
const OPENING = /\\\{\{|\{\{(?:([^{}\n]*)\}\})?/g;

/**
 * Replaces each `{{ Name }}` of a file's text; `\{{` stands for two braces of the file itself. In JSON files a value is written as the
 * inside of a JSON string, so that a quote in it cannot end the string.
 * @throws SyncError TemplateFailed naming file, line and variable.
 */
export function renderContent(
  text: string,
  values: TemplateValues,
  at: { readonly file: string; readonly field: string; readonly json: boolean },
): string {
  return text.replace(OPENING, (found, name: string | undefined, offset: number) => {
    if (found.startsWith('\\')) return '{{';
    const fail = (what: string): never => {
      const line = text.slice(0, offset).split('\n').length;
      throw new SyncError('TemplateFailed', `${at.file} line ${line}: ${what} (${at.field}; write \\{{ for the braces themselves)`);
    };
    if (name === undefined) return fail('"{{" opens a variable that is not closed on its line');
    const value = values.get(name.trim());
    if (value === undefined) return fail(explainUnknown(name.trim(), values));
    return at.json ? JSON.stringify(value).slice(1, -1) : value;
  });
}
