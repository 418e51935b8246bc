import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SyncError } from '../../domain/errors.ts';
import { gitEnvironment, type GitSettings } from './environment.ts';
import { runGit } from './git-process.ts';
import { runHelper } from './helper.ts';

const DEADLINE_MS = 30_000;

/** Whose signatures count. Empty text means nobody's of that kind. */
export interface Signers {
  /** Public keys, ASCII-armored. */
  readonly gpgKeys: string;
  /** Lines of an allowed signers file, see ssh-keygen(1). */
  readonly sshAllowedSigners: string;
}

/** What a signature is worth: who signed, or why it does not count. */
export type Verdict = { readonly good: true; readonly signer: string } | { readonly good: false; readonly why: string };

/**
 * Checks the signature of a commit or an annotated tag against the given signers and nothing else: no key ring, no trust and no key server
 * of this machine counts.
 * @throws SyncError SignatureRejected when this machine cannot check at all, or the keys cannot be read; GitTimeout
 */
export async function checkSignature(
  object: { readonly gitDir: string; readonly kind: 'commit' | 'tag'; readonly id: string },
  signers: Signers,
  settings: GitSettings,
): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), 'ignition-sync-signers-'));
  try {
    const [home, allowed] = [join(folder, 'gnupg'), join(folder, 'allowed_signers')];
    await mkdir(home, { mode: 0o700 });
    await writeFile(join(home, 'gpg.conf'), 'batch\nno-tty\nno-autostart\nno-auto-key-retrieve\ntrust-model always\n');
    await writeFile(allowed, `${signers.sshAllowedSigners.trimEnd()}\n`);
    const env = { ...gitEnvironment(settings), GNUPGHOME: home };
    if (signers.gpgKeys.trim() !== '') await importKeys(signers.gpgKeys, env);
    const programs = ['gpg.program=gpg', 'gpg.x509.program=false', 'gpg.ssh.program=ssh-keygen', `gpg.ssh.allowedSignersFile=${allowed}`];
    const options = programs.flatMap((setting) => ['-c', setting]);
    const command = [`--git-dir=${object.gitDir}`, ...options, `verify-${object.kind}`, '--raw', object.id];
    const exit = await runGit(command, { env, deadlineMs: DEADLINE_MS });
    if (exit.timedOut) throw new SyncError('GitTimeout', `The signature of ${object.id} took too long to check; it is tried again.`);
    return judge(exit.code === 0, exit.stderr);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function importKeys(keys: string, env: Readonly<Record<string, string>>): Promise<void> {
  const exit = await runHelper('gpg', ['--quiet', '--import'], keys, { env, deadlineMs: DEADLINE_MS });
  if (exit.missing) throw missing('gpg', 'gnupg');
  if (exit.code !== 0)
    throw new SyncError(
      'SignatureRejected',
      `spec.git.signers.gpgKeys holds no public keys that gpg can read: ${exit.stderr.trim().slice(0, 300)}`,
    );
}

function missing(program: string, debianPackage: string): SyncError {
  return new SyncError(
    'SignatureRejected',
    `The signature cannot be checked because the source has no ${program}: apt-get install ${debianPackage}.`,
  );
}

/** Reads what gpg and ssh-keygen say in the C locale. */
function judge(good: boolean, said: string): Verdict {
  const program = /cannot run (gpg|ssh-keygen)/.exec(said)?.[1];
  if (program !== undefined) throw missing(program, program === 'gpg' ? 'gnupg' : 'openssh-client');
  const [, state = '', key = '', name = ''] = /\[GNUPG:\] (GOODSIG|BADSIG|EXPSIG|EXPKEYSIG|REVKEYSIG|ERRSIG) (\S+) ?(.*)/.exec(said) ?? [];
  const ssh = /Good "git" signature (?:for (.+) )?with (.+ key \S+)/.exec(said);
  if (good && state === 'GOODSIG') return { good, signer: `${name} (GPG key ${key})` };
  if (good && ssh?.[1] !== undefined) return { good, signer: `${ssh[1]} (${ssh[2]})` };
  if (state === 'ERRSIG') return { good: false, why: `is signed with GPG key ${key}, which is not among spec.git.signers.gpgKeys` };
  if (state !== '')
    return { good: false, why: `is signed by ${name} with GPG key ${key}, but ${GPG_FAULTS[state] ?? 'the signature does not count'}` };
  if (ssh)
    return { good: false, why: `is signed with ${ssh[2]}, which spec.git.signers.sshAllowedSigners does not allow (now, or for git)` };
  if (/signature verification failed|incorrect signature|invalid format/i.test(said))
    return { good: false, why: 'has an SSH signature that does not fit its content' };
  if (said.trim() === '' || /no signature found/.test(said)) return { good: false, why: 'is not signed' };
  return { good: false, why: `has a signature that does not count: ${said.trim().split('\n').slice(-2).join(' ').slice(0, 300)}` };
}

const GPG_FAULTS: Readonly<Record<string, string>> = {
  BADSIG: 'the signature does not fit the content',
  EXPSIG: 'the signature has expired',
  EXPKEYSIG: 'the key has expired',
  REVKEYSIG: 'the key was revoked',
};
