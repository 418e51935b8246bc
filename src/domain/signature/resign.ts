import { removeValue, setValue } from '../render/json-text.ts';
import { type Payload, type Sha256, readSignedManifest, resourceSignature } from './signature.ts';

const SIGNATURE = ['attributes', 'lastModificationSignature'];
const MODIFICATION = ['attributes', 'lastModification'];

/** A resource's manifest, and the digest of each payload that it may name. */
export interface Resource {
  readonly manifest: string;
  /** Lower-case hex sha256; undefined when there is no such payload. */
  readonly payload: (name: string) => string | undefined;
}

/**
 * The manifest's text with a signature that fits the changed payloads. Signed anew where the signature was right before; where it was
 * not (edited by hand, signed by 8.1), it goes together with the modification that it vouched for. Undefined when nothing changes.
 */
export function resign(before: Resource, after: Resource, sha256: Sha256): string | undefined {
  const said = readSignedManifest(before.manifest)?.signature;
  if (said === undefined) return undefined;
  const was = signatureOf(before, sha256);
  const is = signatureOf(after, sha256);
  const text =
    was === said && is !== undefined
      ? setValue(after.manifest, SIGNATURE, is)
      : removeValue(removeValue(after.manifest, SIGNATURE), MODIFICATION);
  return text === before.manifest ? undefined : text;
}

function signatureOf({ manifest, payload }: Resource, sha256: Sha256): string | undefined {
  const payloads = new Map<string, Payload>();
  for (const name of readSignedManifest(manifest)?.files ?? []) {
    const digest = payload(name);
    if (digest !== undefined) payloads.set(name, { sha256: digest });
  }
  return resourceSignature(manifest, payloads, '8.3', sha256);
}
