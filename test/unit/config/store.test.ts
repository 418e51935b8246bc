import { loadEnvironment } from '../../../src/config/environment.ts';

const RELAY = { TEMPORAL_ADDRESS: 'temporal:7233' };
const S3 = { CONTENT_STORE_URL: 's3://plants/ignition-sync' };
const KEY = { CONTENT_STORE_ACCESS_KEY_FILE: '/id', CONTENT_STORE_SECRET_KEY_FILE: '/secret' };

test.each<{ name: string; env: Record<string, string> }>([
  { name: 'a folder', env: { CONTENT_STORE_DIR: '/data/store' } },
  { name: 'a bucket with a key in files', env: { ...S3, ...KEY } },
  { name: 'a bucket without a prefix', env: { ...KEY, CONTENT_STORE_URL: 's3://plants' } },
  {
    name: 'a bucket of another server',
    env: { ...S3, ...KEY, CONTENT_STORE_ENDPOINT: 'https://minio.example:9000', CONTENT_STORE_CA_FILE: '/ca' },
  },
  { name: 'a bucket with a web identity', env: { ...S3, AWS_WEB_IDENTITY_TOKEN_FILE: '/token', AWS_ROLE_ARN: 'arn:aws:iam::1:role/x' } },
  { name: 'a bucket with a pod identity', env: { ...S3, AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials' } },
])('the content store may be $name', ({ env }) => {
  expect(loadEnvironment('relay', { ...RELAY, ...env })).toMatchObject(env.CONTENT_STORE_DIR ? env : { CONTENT_STORE_REGION: 'us-east-1' });
});

test.each<{ name: string; env: Record<string, string>; says: RegExp[] }>([
  { name: 'no store', env: {}, says: [/must be set .*or CONTENT_STORE_URL.*\n.*at CONTENT_STORE_DIR/] },
  { name: 'two stores', env: { ...S3, ...KEY, CONTENT_STORE_DIR: '/x' }, says: [/not be set together with CONTENT_STORE_URL/] },
  { name: 'another scheme', env: { ...KEY, CONTENT_STORE_URL: 'https://plants.s3.amazonaws.com' }, says: [/must be s3:\/\/bucket/] },
  { name: 'a key in the URL', env: { ...KEY, CONTENT_STORE_URL: 's3://id:secret@plants' }, says: [/without query or credentials/] },
  {
    name: 'a server with a path',
    env: { ...S3, ...KEY, CONTENT_STORE_ENDPOINT: 'https://x/y' },
    says: [/without path or credentials\n.*ENDPOINT/],
  },
  { name: 'half a key', env: { ...S3, CONTENT_STORE_ACCESS_KEY_FILE: '/id' }, says: [/belongs to CONTENT_STORE_ACCESS_KEY_FILE/] },
  { name: 'no way in', env: S3, says: [/the pod must have a web identity/] },
  {
    name: 'a key in the environment',
    env: { ...S3, ...KEY, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
    says: [/keys are never taken from the environment/],
  },
  {
    name: 'settings of S3 for a folder, and something else missing',
    env: { CONTENT_STORE_DIR: '/x', CONTENT_STORE_ENDPOINT: 'x', CONTENT_STORE_REGION: 'eu-central-1', TEMPORAL_ADDRESS: '' },
    says: [
      /TEMPORAL_ADDRESS/,
      /must be http:\/\/ or https:\/\//,
      /S3 only.*\n.*CONTENT_STORE_ENDPOINT/,
      /S3 only.*\n.*CONTENT_STORE_REGION/,
    ],
  },
])('$name is refused at the start, with every problem and what to do', ({ env, says }) => {
  let said = '';
  try {
    loadEnvironment('relay', { ...RELAY, ...env });
  } catch (error) {
    said = String(error);
  }
  for (const one of says) expect(said).toMatch(one);
  expect(said).not.toContain('secret@');
});
