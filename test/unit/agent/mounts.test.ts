import { mountsIn } from '../../../src/agent/mounts.ts';

const INFO = String.raw`22 1 0:21 / / rw,relatime - ext4 /dev/root rw
30 22 0:30 / /data rw - ext4 /dev/sdb rw
31 30 0:31 / /data/projects rw - ext4 /dev/sdc rw
32 30 0:30 /a\040b /data/config/a\040b rw shared:1 - ext4 /dev/sdb rw
33 22 0:33 / /database rw - tmpfs tmpfs rw
`;

test.each([
  { root: '/data', found: ['projects', 'config/a b'] },
  { root: '/data/projects', found: [] },
  { root: '/nowhere', found: [] },
])('the mounts below $root are $found', ({ root, found }) => {
  expect(mountsIn(INFO, root)).toEqual(found);
});
