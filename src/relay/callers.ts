import { createHash } from 'node:crypto';
import type { KubeClient } from '../clients/kube/client.ts';
import { reviewToken, type Review } from '../clients/kube/token-review.ts';
import { discoveredPod } from '../clients/kube/injected-pod.ts';
import { TOKEN_AUDIENCE } from '../contract/names.ts';
import { gatewayIdentity } from '../domain/gateway-identity.ts';
import { MAX_VIEW_AGE_MS } from '../domain/ticket.ts';
import type { RelayObjects } from './objects.ts';
import { Refused } from './refused.ts';

/** How long the apiserver's word on a token is used, milliseconds. */
const REVIEW_MS = 10_000;
/** Tokens remembered at once: more than agents of any one relay. */
const MAX_REVIEWS = 20_000;

/** The gateway whose agent calls, as it is known now. */
export interface Caller {
  readonly namespace: string;
  readonly gateway: string;
  readonly syncName: string;
  readonly podUid: string;
}

/** Finds out whose agent calls: by the pod that its token is bound to, never by the ServiceAccount, which gateways share. */
export class Callers {
  readonly #kube: KubeClient;
  readonly #objects: RelayObjects;
  readonly #reviews = new Map<string, { readonly review: Promise<Review>; readonly until: number }>();

  constructor(kube: KubeClient, objects: RelayObjects) {
    this.#kube = kube;
    this.#objects = objects;
  }

  /**
   * @param strict rest on nothing older than 10 s
   * @throws Refused
   */
  async identify(authorization: string | undefined, strict: boolean): Promise<Caller> {
    const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
    if (!token) throw new Refused(401, 'AuthenticationFailed', 'show the ServiceAccount token of the pod: Authorization: Bearer <token>.');
    const review = await this.#review(token);
    if (!review.ok) throw new Refused(401, 'AuthenticationFailed', `${review.why}.`);
    const maxAgeMs = strict ? MAX_VIEW_AGE_MS : Number.POSITIVE_INFINITY;
    const { namespace, name, uid } = review.pod;
    const pod = await this.#objects.pods.known(namespace, name, maxAgeMs, (watched) => watched?.metadata.uid === uid);
    if (pod.object?.metadata.uid !== uid) {
      throw new Refused(
        401,
        'AuthenticationFailed',
        `the token belongs to a pod ${namespace}/${name} that is gone: start with the token of the present one.`,
      );
    }
    return this.#gatewayOf(namespace, discoveredPod(pod.object), uid, maxAgeMs);
  }

  async #gatewayOf(namespace: string, pod: ReturnType<typeof discoveredPod>, podUid: string, maxAgeMs: number): Promise<Caller> {
    const { name, fault } = gatewayIdentity(pod);
    if (fault) throw new Refused(403, fault.reason, fault.message);
    const { object: gateway } = await this.#objects.gateways.known(
      namespace,
      name,
      maxAgeMs,
      (watched) => watched?.spec.pod?.name === pod.name,
    );
    if (!gateway) {
      throw new Refused(
        503,
        'RelayUnreachable',
        `there is no IgnitionGateway ${namespace}/${name} for pod ${pod.name} yet: kubectl describe pod ${pod.name} says why if it stays so.`,
      );
    }
    if (gateway.spec.pod?.name !== pod.name) {
      throw new Refused(
        403,
        'GatewayOwnedByOther',
        `gateway ${namespace}/${name} is ${gateway.spec.pod ? `pod ${gateway.spec.pod.name}` : 'one that a user made'}, not pod ${pod.name}.`,
      );
    }
    return { namespace, gateway: name, syncName: gateway.spec.syncRef.name, podUid };
  }

  async #review(token: string): Promise<Review> {
    const key = createHash('sha256').update(token).digest('base64');
    const now = performance.now();
    const known = this.#reviews.get(key);
    if (known && known.until > now) return known.review;
    if (this.#reviews.size >= MAX_REVIEWS) this.#reviews.clear();
    const review = reviewToken(this.#kube, token, TOKEN_AUDIENCE);
    this.#reviews.set(key, { review, until: now + REVIEW_MS });
    try {
      return await review;
    } catch {
      this.#reviews.delete(key);
      throw new Refused(503, 'RelayUnreachable', 'the Kubernetes API does not answer who you are: ask again.');
    }
  }
}
