import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { secret } from '../plant.ts';
import { type World, token } from './world.ts';

export interface BadInput {
  readonly name: string;
  /** What the user does. */
  readonly bad: (w: World) => Promise<unknown>;
  readonly reason: string;
  /** What every message about it contains: the field or path, and the fix. */
  readonly says: readonly string[];
  /** Whether it is known before a rollout begins. */
  readonly knownBy: 'the object' | 'its rollout';
  /** What the user does then; whatever it is, it must be noticed without being told. */
  readonly mend: (w: World) => Promise<unknown>;
  /** Takes away what the next case must not find. */
  readonly then?: (w: World) => Promise<unknown>;
}

/** One of each kind: in the object, in a Secret, at the git host, in the profile, in the commit. */
export const KINDS: readonly BadInput[] = [
  {
    name: 'a ref that the repository does not have',
    bad: (w) => w.plant.apply(w.sync({ ref: 'mian' })),
    reason: 'RefNotFound',
    says: ['spec.git.ref "mian"', 'It has main'],
    knownBy: 'the object',
    mend: (w) => w.backToGood(),
  },
  {
    name: 'a token in a Secret that does not exist',
    bad: (w) => w.plant.apply(w.sync(token('nowhere'))),
    reason: 'SecretNotFound',
    says: ['/nowhere does not exist', 'create it with the key token'],
    knownBy: 'the object',
    mend: (w) => w.plant.apply(secret('nowhere', { token: 'any' })),
  },
  {
    name: 'an address where a web page answers',
    bad: (w) => w.plant.apply(w.sync({ repo: w.webPage })),
    reason: 'RepositoryNotFound',
    says: ['/plant.git', 'check spec.git.repo and spec.git.auth'],
    knownBy: 'the object',
    mend: (w) => w.backToGood(),
  },
  {
    name: 'a port where nobody listens',
    bad: (w) => w.plant.apply(w.sync({ repo: 'http://127.0.0.1:1/plant.git' })),
    reason: 'HostUnreachable',
    says: ['127.0.0.1', 'Check spec.git.repo'],
    knownBy: 'the object',
    mend: (w) => w.backToGood(),
  },
  {
    name: 'a token that the host refuses',
    bad: (w) => w.plant.apply(secret('git-token', { token: 'wrong' }), w.sync({ repo: w.locked.url, ...token('git-token') })),
    reason: 'AuthenticationFailed',
    says: ['/locked.git refused the credential', 'whether it has expired'],
    knownBy: 'the object',
    mend: (w) => w.plant.apply(secret('git-token', { token: 'right' })),
    then: (w) => w.backToGood(),
  },
  {
    name: 'a mapping of something that the commit does not have',
    bad: (w) => w.plant.apply(w.profile({ source: 'projcts' })),
    reason: 'SourceNotFound',
    says: ['SyncProfile gateway: spec.mappings[0].source', 'has no projcts', 'Its root has 1 entry: projects', 'set required: false'],
    knownBy: 'its rollout',
    mend: (w) => w.backToGood(),
  },
  {
    name: 'a symbolic link under a mapping',
    bad: (w) => {
      symlinkSync('project.json', join(w.copy.dir, 'projects/line/link'));
      return w.copy.push({});
    },
    reason: 'UnsupportedContent',
    says: ['"projects/line/link" is a symbolic link', 'commit the file itself'],
    knownBy: 'its rollout',
    mend: (w) => w.copy.push({ 'projects/line/link': null }),
  },
];
