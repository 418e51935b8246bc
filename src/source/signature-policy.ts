import type { IgnitionSyncSpec } from '../api/v1alpha1/ignition-sync.ts';
import { checkSignature, type Signers } from '../clients/git/signatures.ts';
import { SyncError } from '../domain/errors.ts';
import { readText, type Readers } from './credential.ts';
import type { AskAccess, Mirror } from './mirror.ts';

type Git = IgnitionSyncSpec['git'];

/**
 * Refuses a commit that is not signed as the object wants it; nothing is planned then. The keys are read each time: one that was taken
 * away counts no more.
 * @throws SyncError SignatureRejected that names the signer, SecretNotFound, ConfigMapNotFound, and those of the git side.
 */
export async function refuseUnsigned(
  what: { readonly namespace: string; readonly git: Git; readonly commit: string },
  mirror: Mirror,
  access: AskAccess,
  readers: Readers,
): Promise<void> {
  const { namespace, git, commit } = what;
  if (git.verify === 'none' || (git.verify as string | undefined) === undefined) return; // a document that was frozen before there was a policy
  const signers = await readSigners(namespace, git, readers);
  const faults: string[] = [];
  if (git.verify !== 'commit') {
    const fault = await tagFault(git.ref, commit, signers, mirror, access);
    if (fault === undefined) return;
    faults.push(fault);
  }
  if (git.verify !== 'tag') {
    const verdict = await mirror.read(commit, access, ({ gitDir }) =>
      checkSignature({ gitDir, kind: 'commit', id: commit }, signers, mirror.settings),
    );
    if (verdict.good) return;
    faults.push(`commit ${commit} ${verdict.why}`);
  }
  throw new SyncError('SignatureRejected', `spec.git.verify is ${git.verify}, and ${faults.join('; ')}.`);
}

async function tagFault(ref: string, commit: string, signers: Signers, mirror: Mirror, access: AskAccess): Promise<string | undefined> {
  const name = ref.replace(/^refs\/tags\//, '');
  const tag = name.startsWith('refs/') ? undefined : await mirror.tag(name, commit, access);
  if (!tag) return `spec.git.ref "${ref}" is no annotated tag of commit ${commit}`;
  if (tag.name !== name) return `the tag ${name} was made as "${tag.name}"`; // a signed tag under another's name
  const verdict = await checkSignature({ gitDir: mirror.gitDir, kind: 'tag', id: tag.id }, signers, mirror.settings);
  return verdict.good ? undefined : `tag ${name} ${verdict.why}`;
}

async function readSigners(namespace: string, { signers }: Git, readers: Readers): Promise<Signers> {
  const text = async (ref: NonNullable<Git['signers']>['gpgKeys']): Promise<string> => (ref ? await readText(namespace, ref, readers) : '');
  const [gpgKeys, sshAllowedSigners] = await Promise.all([text(signers?.gpgKeys), text(signers?.sshAllowedSigners)]);
  return { gpgKeys, sshAllowedSigners };
}
