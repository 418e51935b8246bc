import type { ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { SyncError } from '../../domain/errors.ts';
import { describeBucket, type Bucket } from './bucket.ts';

/** Whether a server says that there is no such object; a bucket that is missing is something else. */
export function isMissing(error: unknown): boolean {
  return ['NoSuchKey', 'NotFound'].includes(codeOf(error));
}

/** Whether a server says that an object is not any more what the request was made for, or is being written this moment. */
export function isChanged(error: unknown): boolean {
  return ['PreconditionFailed', 'ConditionalRequestConflict'].includes(codeOf(error));
}

/** Whether a server says that it does not know what a header of the request asks for. */
export function isNotKnown(error: unknown): boolean {
  return codeOf(error) === 'NotImplemented';
}

/** What a request to S3 failed with, as a fault with a name; a cancellation and faults that have a name stay what they are. */
export function asStoreFault(error: unknown, bucket: Bucket): unknown {
  if (error instanceof SyncError || codeOf(error) === 'AbortError') return error;
  return new SyncError('ContentStoreFailed', `The content store ${describeBucket(bucket)} ${sayOf(error, bucket)}`, { cause: error });
}

/**
 * One page of a listing, as it must be believed: what is missing from it counts as not there.
 * @throws SyncError ContentStoreFailed for an answer that is no listing, or one that is cut and does not say where it goes on
 */
export function wholeListing(page: ListObjectsV2CommandOutput, bucket: Bucket): ListObjectsV2CommandOutput {
  const isListing = page.Name !== undefined || page.KeyCount !== undefined;
  if (isListing && (page.IsTruncated !== true || page.NextContinuationToken !== undefined)) return page;
  throw new SyncError(
    'ContentStoreFailed',
    `The content store ${describeBucket(bucket)} ${isListing ? 'cut a listing and did not say how it goes on' : 'answered a listing with something else'}: check CONTENT_STORE_ENDPOINT, and whether the server there speaks ListObjectsV2.`,
  );
}

const REFUSED = ['AccessDenied', 'Forbidden', 'AllAccessDisabled', 'AccountProblem'];
const BAD_KEY = ['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'InvalidToken', 'ExpiredToken', 'AuthorizationHeaderMalformed'];
const BUSY = ['SlowDown', 'ServiceUnavailable', 'InternalError', 'RequestTimeout', 'ThrottlingException'];
const REGION = ['PermanentRedirect', 'TemporaryRedirect', 'IllegalLocationConstraintException'];
const TLS = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|EPROTO/;

function sayOf(error: unknown, { bucket, keyFiles, endpoint }: Bucket): string {
  const code = codeOf(error);
  const key = keyFiles ? `the key in ${keyFiles.id} and ${keyFiles.secret}` : "the role of the pod's web identity";
  const said = messageOf(error);
  if (code === 'NoSuchBucket') return `has no bucket ${bucket}: create it, or correct CONTENT_STORE_URL.`;
  if (BAD_KEY.includes(code)) return `does not know us (${code}): check ${key}, and CONTENT_STORE_REGION.`;
  if (REFUSED.includes(code) || statusOf(error) === 403)
    return `refuses us (${code}): ${key} needs to list the bucket and its multipart uploads, and to get, put and delete objects and abort uploads in it.`;
  if (REGION.includes(code) || statusOf(error) === 301) return `is in another region: correct CONTENT_STORE_REGION.`;
  if (BUSY.includes(code) || (statusOf(error) ?? 0) >= 500) return `is busy or out of order (${code}); it is asked again.`;
  if (TLS.test(code) || TLS.test(said))
    return `shows a certificate that is not trusted (${said}): name its authority in CONTENT_STORE_CA_FILE.`;
  if (code === 'ENOENT') return `cannot be asked: ${said}. Mount the key files, or correct their paths.`;
  if (code === 'CredentialsProviderError' || code === 'TokenFileWebIdentityError') return `gets no credentials from the platform: ${said}`;
  if (statusOf(error) === undefined)
    return `cannot be reached (${said || code}): check ${endpoint === undefined ? 'the network' : 'CONTENT_STORE_ENDPOINT, the server there'} and network policies.`;
  return `answered with ${code}: ${said}`;
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { Code, code, name } = error as { readonly Code?: unknown; readonly code?: unknown; readonly name?: unknown };
  return [Code, code, name].find((one): one is string => typeof one === 'string' && one !== '') ?? '';
}

function statusOf(error: unknown): number | undefined {
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return $metadata?.httpStatusCode;
}

function messageOf(error: unknown): string {
  return error instanceof AggregateError ? String(error.errors[0]) : String((error as { readonly message?: unknown }).message ?? error);
}
