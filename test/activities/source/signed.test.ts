import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { GitFixture } from './support/git-fixture.ts';
import { failure, gateway, Workbench } from './support/workbench.ts';

const has = (program: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      return readFileSync(join(folder, program)).length > 0;
    } catch {
      return false;
    }
  });
// Without gpg no such signature can be made: skipped, in one printed line.
const withGpg = has('gpg') ? test : test.skip;
if (!has('gpg')) console.log('GPG signatures: skipped, this machine has no gpg (apt-get install gnupg).');

const FILES = { 'projects/p/project.json': '{}' };

/** Signs commits and tags of a repository with one key. */
interface Signer {
  readonly config: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** What `spec.git.signers` says of it. */
  readonly public: string;
}

function sshSigner(bench: Workbench, who: string): Signer {
  const file = join(bench.folder, who);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', who, '-f', file]);
  return {
    config: ['-c', 'gpg.format=ssh', '-c', `user.signingKey=${file}`],
    env: {},
    public: `${who}@plant.example ${readFileSync(`${file}.pub`, 'utf8')}`,
  };
}

function gpgSigner(who: string): Signer & Disposable {
  const home = mkdtempSync(join(tmpdir(), 'gpg-')); // short: gpg's sockets lie in it
  const gpg = (...args: string[]): string =>
    execFileSync('gpg', ['--homedir', home, '--batch', ...args], { encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
  gpg('--passphrase', '', '--quick-gen-key', `${who} <${who}@plant.example>`, 'ed25519', 'sign', '0');
  return {
    config: ['-c', 'gpg.format=openpgp', '-c', `user.signingKey=${who}@plant.example`],
    env: { GNUPGHOME: home },
    public: gpg('--armor', '--export'),
    [Symbol.dispose]: () => void execFileSync('gpgconf', ['--homedir', home, '--kill', 'all']),
  };
}

function run(repo: GitFixture, signer: Signer | undefined, ...args: string[]): string {
  const who = { GIT_AUTHOR_NAME: 'Åsa', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'Åsa', GIT_COMMITTER_EMAIL: 'a@b' };
  const env = { PATH: process.env.PATH, HOME: '/dev/null', ...who, ...signer?.env };
  return execFileSync('git', [...(signer?.config ?? []), ...args], { cwd: repo.folder, env, encoding: 'utf8', stdio: 'pipe' }).trim();
}

/** Puts a commit on main, signed or not. */
function commit(repo: GitFixture, signer?: Signer): string {
  const tree = repo.git('rev-parse', `${repo.commit(FILES, { branch: 'files' })}^{tree}`);
  const id = run(repo, signer, 'commit-tree', tree, '-m', 'change', ...(signer ? ['-S'] : []));
  repo.git('update-ref', 'refs/heads/main', id);
  return id;
}

/** What comes of fetching and of planning one commit under a policy. */
async function outcome(bench: Workbench, repo: GitFixture, git: Record<string, unknown>, id: string): Promise<string> {
  const { source } = await bench.opened;
  const signers = {
    gpgKeys: { configMapRef: { name: 'signers', key: 'gpg' } },
    sshAllowedSigners: { configMapRef: { name: 'signers', key: 'ssh' } },
  };
  const input = { ...(await bench.input({ repo: repo.url, signers, ...git }, [gateway('a')])), commit: id };
  try {
    await source.fetch(input);
    await source.plan(input);
    return 'planned';
  } catch (error) {
    expect(error).toMatchObject({ reason: 'SignatureRejected' });
    expect(await failure(source.plan(input))).toMatchObject({ reason: 'SignatureRejected' });
    return (error as Error).message;
  }
}

function trust(bench: Workbench, gpg: string, ssh: string): void {
  bench.configMaps.set('plant/signers/gpg', gpg);
  bench.configMaps.set('plant/signers/ssh', ssh);
}

test('a commit with an SSH signature is planned only while its signer is allowed', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const [alice, mallory] = [sshSigner(bench, 'alice'), sshSigner(bench, 'mallory')];
  trust(bench, '', alice.public);
  const policy = { verify: 'commit' };
  expect(await outcome(bench, repo, policy, commit(repo, alice))).toBe('planned');
  expect(await outcome(bench, repo, policy, commit(repo, mallory))).toMatch(
    /is signed with ED25519 key SHA256:\S+, which spec\.git\.signers\.sshAllowedSigners does not allow/,
  );
  expect(await outcome(bench, repo, policy, commit(repo))).toMatch(/verify is commit, and commit [0-9a-f]{40} is not signed/);
  expect(await outcome(bench, repo, { verify: 'none' }, commit(repo))).toBe('planned');
  const again = commit(repo, alice);
  expect(await outcome(bench, repo, policy, again)).toBe('planned');
  trust(bench, '', mallory.public);
  expect(await outcome(bench, repo, policy, again)).toMatch(/does not allow/);
});

test('a signature that was taken from another commit does not count', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const alice = sshSigner(bench, 'alice');
  trust(bench, '', alice.public);
  const forged = join(bench.folder, 'forged');
  writeFileSync(forged, repo.git('cat-file', 'commit', commit(repo, alice)).replace('change', 'another') + '\n');
  const id = repo.git('hash-object', '-t', 'commit', '-w', forged);
  repo.git('update-ref', 'refs/heads/main', id);
  expect(await outcome(bench, repo, { verify: 'commit' }, id)).toMatch(/signature that does not (fit|count)/);
});

withGpg('GPG signatures count by the keys that the object names; the signer is named', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  using alice = gpgSigner('alice');
  using mallory = gpgSigner('mallory');
  trust(bench, alice.public, '');
  const policy = { verify: 'commit' };
  expect(await outcome(bench, repo, policy, commit(repo, alice))).toBe('planned');
  expect(await outcome(bench, repo, policy, commit(repo, mallory))).toMatch(/signed with GPG key [0-9A-F]{16}, which is not among/);
  trust(bench, `${alice.public}\n${mallory.public}`, '');
  expect(await outcome(bench, repo, policy, commit(repo, mallory))).toBe('planned');
  const forged = join(bench.folder, 'forged');
  writeFileSync(forged, repo.git('cat-file', 'commit', commit(repo, alice)).replace('change', 'another') + '\n');
  const id = repo.git('hash-object', '-t', 'commit', '-w', forged);
  repo.git('update-ref', 'refs/heads/main', id);
  expect(await outcome(bench, repo, policy, id)).toMatch(
    /signed by alice <alice@plant\.example> with GPG key [0-9A-F]{16}, but the signature does not fit/,
  );
  trust(bench, 'no key at all', '');
  expect(await outcome(bench, repo, policy, id)).toMatch(/gpgKeys holds no public keys/);
});

test.each([
  { what: 'a signed tag of an unsigned commit', verify: 'tag', tag: true, says: /^planned$/ },
  { what: 'a signed tag of an unsigned commit, where either will do', verify: 'tagOrCommit', tag: true, says: /^planned$/ },
  { what: 'a signed tag, where the commit must be', verify: 'commit', tag: true, says: /commit \S+ is not signed/ },
  { what: 'a light tag', verify: 'tag', light: true, says: /is no annotated tag of commit/ },
  { what: 'an unsigned tag', verify: 'tag', unsigned: true, says: /tag v1 is not signed/ },
  {
    what: 'an unsigned tag of an unsigned commit',
    verify: 'tagOrCommit',
    unsigned: true,
    says: /tag v1 is not signed; commit \S+ is not signed/,
  },
  { what: 'an unsigned tag of a signed commit', verify: 'tagOrCommit', unsigned: true, signed: true, says: /^planned$/ },
  { what: 'a branch, where a tag is wanted', verify: 'tag', ref: 'main', signed: true, says: /"main" is no annotated tag/ },
  { what: 'a branch with a signed commit', verify: 'tagOrCommit', ref: 'main', signed: true, says: /^planned$/ },
  { what: 'a signed tag under the name of another', verify: 'tag', tag: true, renamed: true, says: /tag v2 was made as "v1"/ },
  { what: 'a tag that is spelled out', verify: 'tag', tag: true, ref: 'refs/tags/v1', says: /^planned$/ },
])('$what under verify: $verify', async ({ verify, tag, light, unsigned, signed, renamed, ref = renamed ? 'v2' : 'v1', says }) => {
  using bench = new Workbench();
  const repo = bench.repository();
  const alice = sshSigner(bench, 'alice');
  trust(bench, '', alice.public);
  const id = commit(repo, signed ? alice : undefined);
  if (tag) run(repo, alice, 'tag', '-s', '-m', 'release', 'v1', id);
  if (light) repo.git('tag', 'v1', id);
  if (unsigned) repo.git('tag', '-a', '-m', 'release', 'v1', id);
  if (renamed) repo.git('update-ref', 'refs/tags/v2', repo.git('rev-parse', 'refs/tags/v1'));
  expect(await outcome(bench, repo, { verify, ref }, id)).toMatch(says);
});

test('a source without the program that checks says what to install', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const alice = sshSigner(bench, 'alice');
  const id = commit(repo, alice);
  trust(bench, 'some key', alice.public);
  const bare = join(bench.folder, 'bin');
  mkdirSync(bare);
  execFileSync('ln', ['-s', execFileSync('which', ['git'], { encoding: 'utf8' }).trim(), join(bare, 'git')]);
  const { source } = await bench.opened;
  const signers = { gpgKeys: { configMapRef: { name: 'signers', key: 'gpg' } } };
  const input = { ...(await bench.input({ repo: repo.url, verify: 'commit', signers }, [gateway('a')])), commit: id };
  const path = process.env.PATH;
  process.env.PATH = bare;
  const found = await failure(source.fetch(input)).finally(() => (process.env.PATH = path ?? ''));
  expect(found).toEqual({ reason: 'SignatureRejected', message: expect.stringContaining('apt-get install gnupg') as string });
});
