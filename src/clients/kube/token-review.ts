import type { KubeClient } from './client.ts';

/** The pod that a ServiceAccount token is bound to. */
interface BoundPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** What the apiserver says of a token: who it is, or why it does not count. */
export type Review = { readonly ok: true; readonly pod: BoundPod } | { readonly ok: false; readonly why: string };

interface TokenReviewStatus {
  readonly authenticated?: boolean;
  readonly error?: string;
  readonly user?: { readonly username?: string; readonly extra?: Readonly<Record<string, readonly string[] | undefined>> };
}

/**
 * Asks the apiserver whether a token is valid for `audience` and which pod it is bound to. It may still say yes some seconds after
 * that pod was deleted: compare the UID with the pod of now.
 */
export async function reviewToken(kube: KubeClient, token: string, audience: string): Promise<Review> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token, audiences: [audience] } };
  const { status } = (await kube.transport.call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { body })) as {
    status: TokenReviewStatus;
  };
  if (!status.authenticated) return { ok: false, why: `the token is not valid for the audience ${audience}` };
  const namespace = /^system:serviceaccount:([^:]+):/.exec(status.user?.username ?? '')?.[1];
  const name = status.user?.extra?.['authentication.kubernetes.io/pod-name']?.[0];
  const uid = status.user?.extra?.['authentication.kubernetes.io/pod-uid']?.[0];
  if (!namespace || !name || !uid) return { ok: false, why: 'the token is not bound to a pod: use a projected ServiceAccount token' };
  return { ok: true, pod: { namespace, name, uid } };
}
