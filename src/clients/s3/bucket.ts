import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';

/** A bucket, or a part of one, and how it is reached. */
export interface Bucket {
  readonly bucket: string;
  /** What all keys begin with; empty, or ends with `/`. */
  readonly prefix: string;
  readonly region: string;
  /** Base URL of the server; AWS itself when absent. */
  readonly endpoint?: string;
  /** The bucket in the path instead of in the host name. */
  readonly pathStyle: boolean;
  /** Certificates to trust, PEM. */
  readonly caFile?: string;
  /** Files with the two halves of a key; the platform's web identity when absent. */
  readonly keyFiles?: { readonly id: string; readonly secret: string };
}

/** As people know it. */
export function describeBucket({ bucket, prefix, endpoint }: Bucket): string {
  return `s3://${bucket}/${prefix}${endpoint === undefined ? '' : ` at ${endpoint}`}`;
}

/** Milliseconds for a connection: with the tries after the first, less than an agent waits for an answer. */
const CONNECT_MS = 2_000;
/** Milliseconds without a byte. */
const SILENCE_MS = 30_000;
const CONNECTIONS = 64;

/** A client for a bucket. The library is loaded here, so that a process with a store in a folder does without it. */
export async function createS3Client(bucket: Bucket): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const { endpoint, pathStyle, region, caFile } = bucket;
  return new S3Client({
    region,
    forcePathStyle: pathStyle,
    ...(endpoint !== undefined && { endpoint }),
    credentials: await credentialsOf(bucket),
    maxAttempts: 3,
    // Not every server knows the checksums of later years, and content is checked by its digest.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      httpAgent: { keepAlive: true, maxSockets: CONNECTIONS },
      httpsAgent: new Agent({ keepAlive: true, maxSockets: CONNECTIONS, ...(caFile !== undefined && { ca: readFileSync(caFile) }) }),
    },
  });
}

async function credentialsOf({ keyFiles, region }: Bucket): Promise<NonNullable<S3ClientConfig['credentials']>> {
  if (keyFiles) {
    // An end in the past has the files read again for each request: they may be renewed at any time.
    return async () => ({
      accessKeyId: (await readFile(keyFiles.id, 'utf8')).trim(),
      secretAccessKey: (await readFile(keyFiles.secret, 'utf8')).trim(),
      expiration: new Date(0),
    });
  }
  if (process.env['AWS_CONTAINER_CREDENTIALS_FULL_URI']) return (await import('@aws-sdk/credential-provider-http')).fromHttp({});
  return (await import('@aws-sdk/credential-provider-web-identity')).fromTokenFile({ clientConfig: { region } });
}
