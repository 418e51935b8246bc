import { IgnitionSyncSpec } from '../../../src/api/v1alpha1/ignition-sync.ts';
import { contentText } from '../../../src/domain/content-hash.ts';
import type { Desired, DesiredGateway } from '../../../src/domain/desired.ts';

const text = (spec: Record<string, unknown>, annotations: Record<string, string> = {}, pair?: DesiredGateway['pair']): string => {
  const gateway: DesiredGateway = {
    name: 'gw',
    podName: 'gw-0',
    labels: {},
    annotations,
    servicePath: '.',
    excludePatterns: [],
    live: 'none',
    ...(pair && { pair }),
  };
  const git = { repo: 'https://git.example/a.git', ref: 'main' };
  const parsed = IgnitionSyncSpec.parse({ git, gateway: { apiKeySecretRef: { name: 'k', key: 'k' } }, ...spec });
  const desired: Desired = { schema: 1, object: { namespace: 'n', name: 'o', uid: 'u' }, generation: 1, spec: parsed, gateways: [gateway] };
  return contentText(desired);
};

test('an edit of what decides the bytes is looked at, without a new commit', () => {
  const shared = (source: string) => ({ shared: { externalResources: { source } } });
  const texts = [
    text({}),
    text(shared('a')),
    text(shared('b')),
    text({ excludePatterns: ['a'] }),
    text({ git: { repo: 'https://git.example/b.git', ref: 'main' } }),
    text({}, { 'ignition-sync.io/tag-provider': 'plant' }),
  ];
  expect(new Set(texts).size).toBe(texts.length);
});

test('how carefully gateways are changed decides no bytes, and an object without shared resources reads as it always did', () => {
  expect(text({ rollout: { canary: 0 }, approval: { required: true } })).toBe(text({}));
  expect(text({})).toBe('["https://git.example/a.git","main",[],[["gw","gw-0",null,null,".",null,[],[],[]]]]');
});

test('a commit that was refused for its signature is looked at again when the policy is another', () => {
  const git = (verify?: string, key = 'gpg') => ({
    git: {
      repo: 'https://git.example/a.git',
      ref: 'main',
      ...(verify === undefined ? {} : { verify, signers: { gpgKeys: { configMapRef: { name: 'signers', key } } } }),
    },
  });
  const texts = [text(git('commit')), text(git('tagOrCommit')), text(git('commit', 'other')), text(git('none'))];
  expect(new Set(texts).size).toBe(texts.length);
  expect(text(git('none'))).toBe(text(git()));
});

test('a gateway that turns out to be a node of a pair is planned anew; who is active is no part of it', () => {
  const texts = [undefined, { peer: 'b', master: true }, { peer: 'b', master: false }].map((pair) => text({}, {}, pair));
  expect(new Set(texts).size).toBe(3);
});
