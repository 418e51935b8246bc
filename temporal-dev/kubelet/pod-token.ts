import { readFileSync } from 'node:fs';
import type { V1Pod } from '@kubernetes/client-node';
import { TOKEN_AUDIENCE } from '../../src/contract/names.ts';
import { StackError } from '../failure.ts';
import { exchange } from '../stack/http.ts';
import type { KubernetesAddress } from '../stack/parts.ts';

/**
 * A token of the pod's ServiceAccount that is bound to this very pod and made for us.
 * @throws StackError with the apiserver's words when it gives none.
 */
export async function mintPodToken(at: KubernetesAddress, pod: V1Pod, lifetimeSeconds: number): Promise<string> {
  const { metadata } = pod;
  const [namespace, name] = [metadata?.namespace ?? 'default', metadata?.name ?? ''];
  const account = pod.spec?.serviceAccountName ?? 'default';
  const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name, uid: metadata?.uid };
  const answer = await exchange(`${at.server}/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${at.token}`, 'content-type': 'application/json' },
    ca: readFileSync(at.caFile, 'utf8'),
    body: JSON.stringify({
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { audiences: [TOKEN_AUDIENCE], expirationSeconds: lifetimeSeconds, boundObjectRef },
    }),
  });
  if (answer.status !== 201) throw new StackError(`The apiserver gave no token for ${namespace}/${name}: ${answer.body}`);
  return (JSON.parse(answer.body) as { status: { token: string } }).status.token;
}
