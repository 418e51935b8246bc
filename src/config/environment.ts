import { z } from 'zod';
import { RECEIVER_PORT } from '../api/v1alpha1/ignition-sync.ts';
import { Store, storeProblems } from './store.ts';

/** Where the Temporal server is, and how to log in. */
const Temporal = {
  TEMPORAL_ADDRESS: z.string().min(1).describe('host:port of the Temporal frontend'),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_TLS: z.stringbool().default(false).describe('talk TLS to Temporal'),
  TEMPORAL_API_KEY_FILE: z.string().min(1).optional().describe('file with an API key for Temporal'),
};

/** Which cluster; inside a pod nothing needs to be set. */
const Kube = {
  IGNITION_SYNC_KUBECONFIG: z.string().min(1).optional().describe('path of a kubeconfig; unset = the service account of the pod'),
};

/** Digits only: what is empty or has a unit is no number, and never silently 0. */
function wholeNumber(min: number, max: number) {
  return z
    .string()
    .refine((text) => /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max, {
      error: ({ input }) => `"${String(input)}" is given, wanted is a whole number from ${min} to ${max}`,
    })
    .transform(Number);
}

const Port = wholeNumber(0, 65_535);

/** What each process reads from its environment, once, at start. Secrets are never here: only the files they are in. */
export const ENVIRONMENTS = {
  operator: z.object({
    ...Temporal,
    ...Kube,
    RECEIVER_PORT: Port.default(RECEIVER_PORT).describe('port of the webhook receiver'),
    RECEIVER_HOST: z.string().default('0.0.0.0'),
    RECEIVER_TLS_CERT_FILE: z.string().min(1).optional(),
    RECEIVER_TLS_KEY_FILE: z.string().min(1).optional(),
  }),
  worker: z.object({
    ...Temporal,
    ...Kube,
    ...Store,
    WORKFLOW_BUNDLE_FILE: z.string().min(1).optional().describe('workflow bundle made at build time; unset = made at start and cached'),
  }),
  source: z.object({
    ...Temporal,
    ...Kube,
    ...Store,
    MIRROR_DIR: z.string().min(1).describe('folder of the git mirrors; may be lost'),
    MIRROR_MAX_SIZE: z
      .string()
      .regex(/^[1-9][0-9]*(Ki|Mi|Gi|Ti)$/, 'write it like 500Mi or 10Gi')
      .default('10Gi')
      .describe('most that all git mirrors may take of the disk together'),
    ALLOW_FILE_REPOSITORIES: z.stringbool().default(false).describe('allow file:// repositories (air gap)'),
  }),
  relay: z.object({
    ...Temporal,
    ...Kube,
    ...Store,
    RELAY_PORT: Port.default(9444),
    RELAY_HOST: z.string().default('0.0.0.0'),
    RELAY_TLS_CERT_FILE: z.string().min(1).optional(),
    RELAY_TLS_KEY_FILE: z.string().min(1).optional(),
    TICKET_KEY_FILE: z.string().min(1).optional().describe('PEM of the Ed25519 key that signs tickets; unset = a new one at each start'),
  }),
  agent: z.object({
    ...Temporal,
    RELAY_URL: z.url().describe('where the relay is'),
    RELAY_CA_FILE: z.string().min(1).optional(),
    TOKEN_FILE: z
      .string()
      .min(1)
      .default('/var/run/secrets/ignition-sync/token')
      .describe('projected ServiceAccount token with audience ignition-sync'),
    DATA_DIR: z.string().min(1).default('/usr/local/bin/ignition/data').describe('data directory of the gateway'),
    API_KEY_FILE: z.string().min(1).default('/var/run/secrets/ignition/apiKey').describe('API key of the gateway, name:secret'),
    IGNITION_URL: z.url().optional().describe('base URL of the gateway; unset = localhost with port and tls of the object'),
    IGNITION_CA_FILE: z.string().min(1).optional(),
    HEALTH_PORT: Port.default(8082).describe('port of GET /healthz and of the startup gate, GET /startupz'),
    POD_UID: z
      .string()
      .min(1)
      .optional()
      .describe('UID of the pod whose gateway waits for the startup gate; unset = the gateway starts without us'),
    STARTUP_GRACE_SECONDS: wholeNumber(0, 3_600)
      .default(60)
      .describe('how long a starting gateway waits for the wanted commit, until the relay has told what the object says'),
  }),
} as const;

export type ProcessName = keyof typeof ENVIRONMENTS;
export type Environment<P extends ProcessName> = z.infer<(typeof ENVIRONMENTS)[P]>;

function describedAs(name: ProcessName, variable: PropertyKey | undefined): string {
  const field = (ENVIRONMENTS[name].shape as Record<PropertyKey, z.ZodType | undefined>)[variable ?? ''];
  return field?.description === undefined ? '' : ` (${field.description})`;
}

/** Reads the environment of one process. @throws Error that lists every problem, not only the first. */
export function loadEnvironment<P extends ProcessName>(name: P, env: NodeJS.ProcessEnv): Environment<P> {
  const parsed = ENVIRONMENTS[name].safeParse(env, {
    error: ({ code, input, path }) => {
      if (input === undefined || input === '') return `must be set${describedAs(name, path?.[0])}`;
      if (code === 'invalid_value') return `${JSON.stringify(input)} is given, wanted is true or false${describedAs(name, path?.[0])}`;
      return code === 'invalid_format' ? `${JSON.stringify(input)} is given, wanted is a URL${describedAs(name, path?.[0])}` : undefined;
    },
  });
  const together = 'CONTENT_STORE_URL' in ENVIRONMENTS[name].shape ? storeProblems(env) : [];
  const problems = [...(parsed.success ? [] : [z.prettifyError(parsed.error)]), ...together];
  if (!parsed.success || together.length > 0) throw new Error(`Invalid environment of ignition-sync ${name}:\n${problems.join('\n')}`);
  return parsed.data as Environment<P>;
}
