import { z } from 'zod';

const Path = z.string().min(1);

/** Where the content store is: a folder, or a bucket of an S3-compatible server. */
export const Store = {
  CONTENT_STORE_DIR: Path.optional().describe('folder of the content store, shared by worker, source and relay; or CONTENT_STORE_URL'),
  CONTENT_STORE_URL: z.string().optional().describe('s3://bucket/prefix: the content store in an S3 bucket instead of a folder'),
  CONTENT_STORE_ENDPOINT: z.string().optional().describe('base URL of an S3-compatible server; unset = AWS'),
  CONTENT_STORE_REGION: z.string().min(1).default('us-east-1').describe('region of the bucket'),
  CONTENT_STORE_PATH_STYLE: z
    .stringbool()
    .optional()
    .describe('bucket in the path instead of in the host name; unset = true with an endpoint of its own'),
  CONTENT_STORE_CA_FILE: Path.optional().describe('CA of the endpoint, PEM; unset = the usual authorities'),
  CONTENT_STORE_ACCESS_KEY_FILE: Path.optional().describe("file with the id of an access key; unset = the platform's web identity"),
  CONTENT_STORE_SECRET_KEY_FILE: Path.optional().describe('file with the secret of that key'),
};

export type StoreEnvironment = z.infer<z.ZodObject<typeof Store>>;

/** One thing that can be wrong with a store's variables taken together. */
interface Rule {
  readonly at: keyof StoreEnvironment;
  readonly says: string;
  readonly isBroken: (env: NodeJS.ProcessEnv) => boolean;
}

const BUCKET_URL = /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[\w!.*'()/-]*)?$/;
const isSet = (value: string | undefined): value is string => value !== undefined && value !== '';

const RULES: readonly Rule[] = [
  {
    at: 'CONTENT_STORE_DIR',
    says: 'must be set (folder of the content store, shared by worker, source and relay), or CONTENT_STORE_URL for one in S3',
    isBroken: (env) => !isSet(env['CONTENT_STORE_DIR']) && !isSet(env['CONTENT_STORE_URL']),
  },
  {
    at: 'CONTENT_STORE_DIR',
    says: 'must not be set together with CONTENT_STORE_URL: the store is either a folder or a bucket',
    isBroken: (env) => isSet(env['CONTENT_STORE_DIR']) && isSet(env['CONTENT_STORE_URL']),
  },
  {
    at: 'CONTENT_STORE_URL',
    says: 'must be s3://bucket or s3://bucket/prefix, without query or credentials; the server goes into CONTENT_STORE_ENDPOINT',
    isBroken: (env) => isSet(env['CONTENT_STORE_URL']) && !BUCKET_URL.test(env['CONTENT_STORE_URL']),
  },
  {
    at: 'CONTENT_STORE_ENDPOINT',
    says: 'must be http:// or https:// with a host, without path or credentials',
    isBroken: (env) => isSet(env['CONTENT_STORE_ENDPOINT']) && !/^https?:\/\/[^/@?#]+\/?$/.test(env['CONTENT_STORE_ENDPOINT']),
  },
  {
    at: 'CONTENT_STORE_SECRET_KEY_FILE',
    says: 'belongs to CONTENT_STORE_ACCESS_KEY_FILE: set both, or none for the web identity of the platform',
    isBroken: (env) => isSet(env['CONTENT_STORE_ACCESS_KEY_FILE']) !== isSet(env['CONTENT_STORE_SECRET_KEY_FILE']),
  },
  {
    at: 'CONTENT_STORE_ACCESS_KEY_FILE',
    says: 'must be set with CONTENT_STORE_SECRET_KEY_FILE, or the pod must have a web identity (AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN, or AWS_CONTAINER_CREDENTIALS_FULL_URI)',
    isBroken: (env) =>
      isSet(env['CONTENT_STORE_URL']) &&
      !isSet(env['CONTENT_STORE_ACCESS_KEY_FILE']) &&
      !isSet(env['CONTENT_STORE_SECRET_KEY_FILE']) &&
      !isSet(env['AWS_CONTAINER_CREDENTIALS_FULL_URI']) &&
      !(isSet(env['AWS_WEB_IDENTITY_TOKEN_FILE']) && isSet(env['AWS_ROLE_ARN'])),
  },
  {
    at: 'CONTENT_STORE_URL',
    says: 'keys are never taken from the environment: unset AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and name files in CONTENT_STORE_ACCESS_KEY_FILE and CONTENT_STORE_SECRET_KEY_FILE',
    isBroken: (env) => isSet(env['CONTENT_STORE_URL']) && (isSet(env['AWS_SECRET_ACCESS_KEY']) || isSet(env['AWS_ACCESS_KEY_ID'])),
  },
  ...(['ENDPOINT', 'REGION', 'PATH_STYLE', 'CA_FILE', 'ACCESS_KEY_FILE', 'SECRET_KEY_FILE'] as const).map((name): Rule => ({
    at: `CONTENT_STORE_${name}`,
    says: 'is for a store in S3 only: set CONTENT_STORE_URL too, or unset it',
    isBroken: (env) => isSet(env[`CONTENT_STORE_${name}`]) && !isSet(env['CONTENT_STORE_URL']),
  })),
];

/** What is wrong with the variables of a content store taken together, as the environment's other problems are said. */
export function storeProblems(env: NodeJS.ProcessEnv): string[] {
  return RULES.filter(({ isBroken }) => isBroken(env)).map(({ at, says }) => `✖ ${says}\n  → at ${at}`);
}
