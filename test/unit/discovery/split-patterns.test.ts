import { splitPatterns } from '../../../src/domain/split-patterns.ts';

test.each([
  { text: '', patterns: [] },
  { text: ' **/a , b\n\nc ', patterns: ['**/a', 'b', 'c'] },
  { text: '**/*.{png,jpg},x', patterns: ['**/*.{png,jpg}', 'x'] },
  { text: '{a,{b,c}},d', patterns: ['{a,{b,c}}', 'd'] },
  { text: '{a,b\nc', patterns: ['{a,b', 'c'] },
  { text: 'a},b', patterns: ['a}', 'b'] },
])('$text is $patterns', ({ text, patterns }) => {
  expect(splitPatterns(text)).toEqual(patterns);
});
