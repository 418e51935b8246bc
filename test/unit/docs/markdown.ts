import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A fenced block of a document. */
export interface Fence {
  readonly language: string;
  readonly text: string;
}

/** Every document that users read. */
export function documents(): string[] {
  const below = readdirSync('docs', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md'));
  return ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...below.map((file) => join('docs', file))].sort();
}

export function fences(file: string): Fence[] {
  const found = readFileSync(file, 'utf8').matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm);
  return [...found].map(([, language = '', text = '']) => ({ language, text }));
}

/** The cells of each row of the table that has this first heading. */
export function tableRows(file: string, heading: string): string[][] {
  const lines = readFileSync(file, 'utf8').split('\n');
  const start = lines.findIndex((line) => line.replaceAll(/ +/g, ' ').startsWith(`| ${heading} |`));
  const rows = lines.slice(start + 2, start < 0 ? 0 : lines.findIndex((line, at) => at > start && !line.startsWith('|')));
  return rows.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** The anchors that headings of a document get. */
export function anchors(file: string): string[] {
  const headings = [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
