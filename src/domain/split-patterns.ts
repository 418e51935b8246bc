/** The patterns of an annotation: one a line, or separated by commas outside braces. */
export function splitPatterns(text: string): string[] {
  const patterns: string[] = [];
  let depth = 0;
  let pattern = '';
  for (const character of text) {
    if (character === '{') depth += 1;
    if (character === '}') depth -= 1;
    if (character === '\n' || (character === ',' && depth <= 0)) {
      patterns.push(pattern);
      pattern = '';
      depth = 0;
    } else {
      pattern += character;
    }
  }
  return [...patterns, pattern].map((one) => one.trim()).filter((one) => one !== '');
}
