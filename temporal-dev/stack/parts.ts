import { binaryPath } from '../binaries/binaries.ts';
import type { GitAddress } from '../git-server/control.ts';
import { GitServer } from '../git-server/git-server.ts';
import { requireGit } from '../git-server/repositories.ts';
import { findSshd, sshServer } from '../git-server/ssh.ts';
import { prepareCluster, untilPodsAreBound } from './cluster.ts';
import { apiServer, controllerManager, etcdServer, KubernetesFiles, kwok } from './kubernetes.ts';
import { adoptTemporal, givenTemporal } from './given-temporal.ts';
import { startServer, withPorts, type PartContext } from './part.ts';
import { temporalServer } from './temporal.ts';

/** Where Temporal is. */
export interface TemporalAddress {
  readonly address: string;
  readonly uiUrl: string;
}

/** Where the apiserver is, and the administrator's way in. */
export interface KubernetesAddress {
  readonly server: string;
  readonly kubeconfigFile: string;
  readonly caFile: string;
  readonly token: string;
}

/** Our own Temporal server, or the one that the environment names. */
export function startTemporal(context: PartContext): Promise<TemporalAddress> {
  const given = givenTemporal(process.env);
  if (given) return adoptTemporal(context, given);
  return withPorts(context, ['temporal', 'temporalUi', 'temporalHttp'], async (ports) => {
    const { binaries, dataDir, env } = context;
    const at = { grpc: ports.temporal, ui: ports.temporalUi, http: ports.temporalHttp };
    await startServer(context, temporalServer(binaryPath(binaries, 'temporal'), dataDir, at, env));
    return { address: `127.0.0.1:${at.grpc}`, uiUrl: `http://127.0.0.1:${at.ui}` };
  });
}

export function startKubernetes(context: PartContext): Promise<KubernetesAddress> {
  return withPorts(context, ['kubernetes', 'etcd', 'etcdPeer'], async (ports) => {
    const { binaries, dataDir, env } = context;
    const at = { api: ports.kubernetes, etcd: ports.etcd, etcdPeer: ports.etcdPeer };
    const files = new KubernetesFiles(dataDir, at);
    await startServer(context, etcdServer(binaryPath(binaries, 'etcd'), dataDir, at, env));
    await startServer(context, apiServer(binaryPath(binaries, 'kube-apiserver'), dataDir, files, at, env));
    await Promise.all([
      prepareCluster(files),
      startServer(context, controllerManager(binaryPath(binaries, 'kube-controller-manager'), dataDir, files, env)),
      startServer(context, kwok(binaryPath(binaries, 'kwok'), dataDir, files, env)),
    ]);
    await untilPodsAreBound(files);
    return { server: files.server, kubeconfigFile: files.path('kubeconfig'), caFile: files.caFile, token: files.token };
  });
}

/** Git over HTTP in this process, and over SSH where the machine has an sshd. */
export async function startGit(context: PartContext, say: (line: string) => void): Promise<{ server: GitServer; address: GitAddress }> {
  const { dataDir, env } = context;
  await requireGit(env);
  const server = new GitServer(dataDir, env);
  const address = await withPorts(context, ['git'], ({ git }) => server.listen(git));
  const sshd = findSshd(env);
  if (!sshd) {
    say('no sshd on this machine, so repositories are served over HTTP only (apt-get install openssh-server adds SSH)');
    return { server, address };
  }
  const ssh = await withPorts(context, ['ssh'], async (ports) => {
    const made = await sshServer(sshd, dataDir, server.root, ports.ssh, env);
    await startServer(context, made.spec);
    return made.address;
  });
  return { server, address: { ...address, ssh } };
}
