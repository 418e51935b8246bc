import { SyncError } from '../../../src/domain/errors.ts';
import { render } from '../../../src/domain/render/render.ts';

const VALUES = new Map([
  ['GatewayName', 'area-1'],
  ['Vars.site', 'Werk "Süd"'],
  ['Vars.none', ''],
]);

function rendered(text: string | Uint8Array, path = 'projects/a/code.py'): string {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  try {
    const after = render(bytes, [{ kind: 'template', field: 'spec.mappings[2].template' }], VALUES, path);
    return after.kind === 'unchanged' ? 'unchanged' : new TextDecoder().decode(after.bytes);
  } catch (error) {
    if (error instanceof SyncError) return `${error.reason}: ${error.message}`;
    throw error;
  }
}

test.each([
  { name: 'a variable', text: 'name = "{{ GatewayName }}"\n', gives: 'name = "area-1"\n' },
  { name: 'without spaces, twice', text: '{{GatewayName}}/{{GatewayName}}', gives: 'area-1/area-1' },
  { name: 'an empty value is empty', text: 'a{{ Vars.none }}b', gives: 'ab' },
  { name: 'escaped braces are braces', text: 'f"\\{{x}} {{ GatewayName }}"', gives: 'f"{{x}} area-1"' },
  { name: 'closing braces alone are nothing', text: '{"a":{"b":{}}}', gives: 'unchanged' },
  { name: 'a text without variables', text: 'x = {1: {2: 3}}', gives: 'unchanged' },
  { name: 'values are taken as they are', text: '{{ Vars.site }}', gives: 'Werk "Süd"' },
])('$name', ({ text, gives }) => {
  expect(rendered(text)).toBe(gives);
});

test('in JSON a value cannot end the string it stands in', () => {
  const text = rendered('{"site":"{{ Vars.site }}"}', 'projects/a/view.json');
  expect(JSON.parse(text)).toEqual({ site: 'Werk "Süd"' });
});

test('binary files stay as they are, whatever they hold', () => {
  expect(rendered(Uint8Array.of(0x7b, 0x7b, 0x20, 0x47, 0, 0xff))).toBe('unchanged');
  expect(rendered(Uint8Array.of(0xff, 0xfe, 0x7b, 0x7b, 0x58, 0x7d, 0x7d))).toBe('unchanged');
});

test.each([
  {
    name: 'an unknown variable',
    text: 'a\nb {{ Vars.sight }}',
    says: ['projects/a/code.py line 2', '{{ Vars.sight }} is not known', 'Vars.site'],
  },
  {
    name: 'a variable that is not closed',
    text: '\n\n{{ GatewayName\n}}',
    says: ['projects/a/code.py line 3', 'not closed on its line', 'write \\{{'],
  },
])('$name: refused with file, line and variable', ({ text, says }) => {
  for (const part of ['TemplateFailed: ', 'spec.mappings[2].template', ...says]) expect(rendered(text)).toContain(part);
});
