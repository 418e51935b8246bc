import { submoduleUrl } from '../../../src/domain/submodule-url.ts';

test.each([
  ['https://host/org/main.git', '../lib.git', 'https://host/org/lib.git'],
  ['https://host/org/main.git', '../../other/lib.git', 'https://host/other/lib.git'],
  ['https://host/org/main.git', './lib.git', 'https://host/org/main.git/lib.git'],
  ['https://host/org/main.git/', '../lib.git', 'https://host/org/lib.git'],
  ['git@host:org/main.git', '../lib.git', 'git@host:org/lib.git'],
  ['git@host:/srv/main.git', '../lib.git', 'git@host:/srv/lib.git'],
  ['ssh://git@host:22/org/main.git', '../lib.git', 'ssh://git@host:22/org/lib.git'],
  ['https://host/org/main.git', 'https://elsewhere/lib.git', 'https://elsewhere/lib.git'],
  ['https://host/org/main.git', '../../../lib.git', undefined],
  ['git@host:main.git', '../../lib.git', undefined],
  ['https://host/org/main.git', '../..', undefined],
])('seen from %s, %s is %s', (parent, url, expected) => {
  expect(submoduleUrl(parent, url)).toBe(expected);
});
