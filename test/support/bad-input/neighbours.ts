import type { BadInput } from './cases.ts';
import { token } from './world.ts';

/** The neighbours of each kind. */
export const NEIGHBOURS: readonly BadInput[] = [
  {
    name: 'a token in a Secret without that key',
    bad: (w) => w.plant.apply(w.sync(token('ignition-api-key', 'tokn'))),
    reason: 'SecretNotFound',
    says: ['/ignition-api-key has no key tokn (it has apiKey)', 'add the key or name another'],
    knownBy: 'the object',
    mend: (w) => w.backToGood(),
  },
  {
    name: 'an ssh URL without a key',
    bad: (w) => w.plant.apply(w.sync({ repo: 'git@git.example:plant.git' })),
    reason: 'InvalidSpec',
    says: ['spec.git.repo is an ssh URL', 'name a private key in spec.git.auth.sshKey.secretRef'],
    knownBy: 'the object',
    mend: (w) => w.backToGood(),
  },
  {
    name: 'an address where there is no repository',
    bad: (w) => w.plant.apply(w.sync({ repo: w.copy.url.replace('good', 'nothing') })),
    reason: 'RepositoryNotFound',
    says: ['/nothing.git', 'check spec.git.repo and spec.git.auth'],
    knownBy: 'the object',
    mend: (w) => w.backToGood(),
  },
  {
    name: 'a repository that wants credentials and gets none',
    bad: (w) => w.plant.apply(w.sync({ repo: w.locked.url })),
    reason: 'AuthenticationFailed',
    says: ['/locked.git refused the credential, or wants one', 'check the Secret that spec.git.auth names'],
    knownBy: 'the object',
    mend: (w) => w.backToGood(),
  },
  {
    name: 'a profile that does not exist',
    bad: (w) => w.plant.kubectl(['delete', 'syncprofile', 'gateway']),
    reason: 'ProfileNotFound',
    says: ['gateway gateway-0: it wants SyncProfile gateway', 'create it'],
    knownBy: 'its rollout',
    mend: (w) => w.plant.apply(w.profile()),
  },
  {
    name: 'a variable that the profile does not define',
    bad: (w) => w.plant.apply(w.profile({ destination: 'projects/{{ Vars.site }}' })),
    reason: 'TemplateFailed',
    says: ['SyncProfile gateway: spec.mappings[0].destination', '{{ Vars.site }} is not known', 'Known: '],
    knownBy: 'its rollout',
    mend: (w) => w.backToGood(),
  },
  {
    name: 'a label that the pod does not have, which only planning can know',
    bad: (w) => w.plant.apply(w.profile({ destination: 'projects/{{ Labels.site }}' })),
    reason: 'TemplateFailed',
    says: ['gateway gateway-0: SyncProfile gateway: spec.mappings[0].destination', '{{ Labels.site }} is not known', 'Labels.app'],
    knownBy: 'its rollout',
    mend: (w) => w.backToGood(),
  },
  {
    name: 'a pattern that excludes from excludes',
    bad: (w) => w.plant.apply(w.profile({}, { excludePatterns: ['!projects/line'] })),
    reason: 'InvalidPattern',
    says: ['SyncProfile gateway: spec.excludePatterns[0] "!projects/line"', 'patterns only exclude'],
    knownBy: 'its rollout',
    mend: (w) => w.backToGood(),
  },
  {
    name: 'a submodule under a mapping',
    bad: async (w) => {
      await w.copy.git('update-index', '--add', '--cacheinfo', `160000,${await w.head()},projects/line/sub`);
      await w.copy.git('commit', '--quiet', '--message', 'a submodule');
      await w.copy.git('push', '--quiet', 'origin', 'HEAD:main');
    },
    reason: 'UnsupportedContent',
    says: ['"projects/line/sub" is a submodule', 'commit the files themselves'],
    knownBy: 'its rollout',
    mend: async (w) => {
      await w.copy.git('rm', '--quiet', '--cached', 'projects/line/sub');
      await w.copy.push({});
    },
  },
  {
    name: 'names that differ only in case',
    bad: (w) => w.copy.push({ 'projects/line/Project.json': '{}' }),
    reason: 'NameCollision',
    says: ['"projects/line/Project.json" and "projects/line/project.json"', 'rename or exclude one of them'],
    knownBy: 'its rollout',
    mend: (w) => w.copy.push({ 'projects/line/Project.json': null }),
  },
  {
    name: 'a git host that goes away',
    bad: (w) => w.plant.stack.git.setFault('good', 'down'),
    reason: 'HostUnreachable',
    says: ['127.0.0.1 does not answer', 'it is asked again'],
    knownBy: 'the object',
    mend: (w) => w.plant.stack.git.setFault('good', undefined),
  },
];
