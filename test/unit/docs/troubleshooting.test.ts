import { readFileSync } from 'node:fs';
import { REASONS } from '../../../src/domain/reasons.ts';

const PARTS = ['Means', 'Shows', 'Tried again by itself', 'Next'];
const text = readFileSync('docs/troubleshooting.md', 'utf8');
/** Heading → text below it; headings of two words are not reasons. */
const sections = new Map([...text.matchAll(/^## (\w+)\n([\s\S]*?)(?=^#|$(?![\s\S]))/gm)].map(([, name = '', body = '']) => [name, body]));

test('every reason has a section, and every section is about a reason', () => {
  expect([...sections.keys()].sort()).toEqual(Object.keys(REASONS).sort());
});

test.each(Object.entries(REASONS))(
  'the section of %s says what it means, where it shows, whether it is tried again and what to do',
  (reason, retry) => {
    const body = sections.get(reason) ?? '';
    expect([...body.matchAll(/^- ([^:]+):/gm)].map(([, part]) => part)).toEqual(PARTS);
    expect(/^- Tried again by itself: (\w+)/m.exec(body)?.[1]).toBe(retry === 'backoff' ? 'yes' : 'no');
  },
);
