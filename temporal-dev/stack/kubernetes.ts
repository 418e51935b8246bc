import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exchange, answers, type Answer, type Request } from './http.ts';
import type { ServerSpec } from './server.ts';
import { DEV_NODE_LABEL } from './cluster.ts';

/** Ports of the Kubernetes control plane. */
export interface KubernetesPorts {
  readonly api: number;
  readonly etcd: number;
  readonly etcdPeer: number;
}

/** Only what our objects need: with all controllers the first ServiceAccount comes five seconds later. */
const CONTROLLERS = [
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'root-ca-certificate-publisher-controller',
  'garbage-collector-controller',
  'namespace-controller',
  'statefulset-controller',
  'job-controller',
];

/** The files of one Kubernetes control plane, and how its administrator reaches it. */
export class KubernetesFiles {
  readonly dir: string;
  readonly server: string;
  readonly token: string;

  /** Writes what the servers read at start; what is there already is kept. */
  constructor(dataDir: string, ports: KubernetesPorts) {
    this.dir = join(dataDir, 'kubernetes');
    this.server = `https://127.0.0.1:${ports.api}`;
    mkdirSync(this.dir, { recursive: true, mode: 0o700 });
    if (!existsSync(this.path('token'))) {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      this.#write('sa.key', privateKey.export({ type: 'sec1', format: 'pem' }));
      this.#write('sa.pub', publicKey.export({ type: 'spki', format: 'pem' }));
      this.#write('token', randomBytes(24).toString('hex'));
    }
    this.token = readFileSync(this.path('token'), 'utf8');
    this.#write('tokens.csv', `${this.token},admin,admin,"system:masters"\n`);
    this.#write('kubeconfig', this.#kubeconfig());
  }

  path(name: string): string {
    return join(this.dir, name);
  }

  /** The certificate that the apiserver signed for itself: its own authority. It exists once the apiserver has run. */
  get caFile(): string {
    return this.path('certs/apiserver.crt');
  }

  /** One request as administrator. */
  request(path: string, options: Omit<Request, 'ca'> = {}): Promise<Answer> {
    const headers = { authorization: `Bearer ${this.token}`, 'content-type': 'application/json', ...options.headers };
    return exchange(`${this.server}${path}`, { ...options, headers, ca: readFileSync(this.caFile, 'utf8') });
  }

  #write(name: string, content: string | Buffer): void {
    writeFileSync(this.path(name), content, { mode: 0o600 });
  }

  #kubeconfig(): string {
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'ignition-sync-dev', cluster: { server: this.server, 'certificate-authority': this.caFile } }],
      users: [{ name: 'admin', user: { token: this.token } }],
      contexts: [{ name: 'ignition-sync-dev', context: { cluster: 'ignition-sync-dev', user: 'admin' } }],
      'current-context': 'ignition-sync-dev',
    });
  }
}

export function etcdServer(binary: string, dataDir: string, ports: KubernetesPorts, env: NodeJS.ProcessEnv): ServerSpec {
  const [client, peer] = [`http://127.0.0.1:${ports.etcd}`, `http://127.0.0.1:${ports.etcdPeer}`];
  return {
    name: 'etcd',
    command: binary,
    args: [
      ...['--data-dir', join(dataDir, 'etcd'), '--unsafe-no-fsync', '--log-level', 'error'],
      ...['--listen-client-urls', client, '--advertise-client-urls', client],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`],
    ],
    env,
    logFile: join(dataDir, 'logs', 'etcd.log'),
    ready: () => answers(`${client}/readyz`),
    readyWithinMs: 20_000,
  };
}

export function apiServer(
  binary: string,
  dataDir: string,
  files: KubernetesFiles,
  ports: KubernetesPorts,
  env: NodeJS.ProcessEnv,
): ServerSpec {
  return {
    name: 'kube-apiserver',
    command: binary,
    args: [
      ...['--etcd-servers', `http://127.0.0.1:${ports.etcd}`, '--cert-dir', files.path('certs')],
      ...['--secure-port', `${ports.api}`, '--bind-address', '127.0.0.1'],
      ...['--advertise-address', '127.0.0.1', '--endpoint-reconciler-type', 'none'],
      ...['--service-cluster-ip-range', '10.0.0.0/24', '--allow-privileged=true', '--authorization-mode', 'RBAC'],
      ...['--token-auth-file', files.path('tokens.csv'), '--shutdown-delay-duration', '0s'],
      // Not the address: tokens and objects of a kept data folder outlive a change of port.
      ...['--service-account-issuer', 'https://kubernetes.default.svc', '--api-audiences', 'https://kubernetes.default.svc'],
      ...['--service-account-key-file', files.path('sa.pub'), '--service-account-signing-key-file', files.path('sa.key')],
    ],
    env,
    logFile: join(dataDir, 'logs', 'kube-apiserver.log'),
    stopSignal: 'SIGKILL',
    ready: async () =>
      existsSync(files.caFile) &&
      answers(`${files.server}/readyz`, { ca: readFileSync(files.caFile, 'utf8'), headers: { authorization: `Bearer ${files.token}` } }),
    readyWithinMs: 60_000,
  };
}

export function controllerManager(binary: string, dataDir: string, files: KubernetesFiles, env: NodeJS.ProcessEnv): ServerSpec {
  return {
    name: 'kube-controller-manager',
    command: binary,
    args: [
      ...['--kubeconfig', files.path('kubeconfig'), '--use-service-account-credentials', '--leader-elect=false'],
      ...['--service-account-private-key-file', files.path('sa.key'), '--root-ca-file', files.caFile],
      ...['--bind-address', '127.0.0.1', '--secure-port', '0', '--controllers', CONTROLLERS.join(',')],
    ],
    env,
    logFile: join(dataDir, 'logs', 'kube-controller-manager.log'),
    stopSignal: 'SIGKILL',
    ready: async () => (await files.request('/api/v1/namespaces/default/serviceaccounts/default')).status === 200,
    readyWithinMs: 60_000,
  };
}

export function kwok(binary: string, dataDir: string, files: KubernetesFiles, env: NodeJS.ProcessEnv): ServerSpec {
  return {
    name: 'kwok',
    command: binary,
    args: [
      ...['--kubeconfig', files.path('kubeconfig'), '--config', join(import.meta.dirname, 'kwok-stages.yaml'), '--server-address', ''],
      ...['--manage-all-nodes=false', '--manage-nodes-with-label-selector', `${DEV_NODE_LABEL}=true`],
    ],
    env,
    logFile: join(dataDir, 'logs', 'kwok.log'),
    stopSignal: 'SIGKILL',
    ready: () => Promise.resolve(true),
    readyWithinMs: 20_000,
  };
}
