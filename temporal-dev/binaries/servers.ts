/** One folder of `temporal-dev/servers/`: the modules that are built together, with the versions pinned in its go.mod. */
export type Family = 'temporal' | 'kubernetes' | 'kwok' | 's3';

export type BinaryName = 'temporal' | 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kwok' | 'kubectl' | 'versitygw';

/** Where one server comes from. */
export interface ServerBinary {
  readonly name: BinaryName;
  readonly family: Family;
  /** Go package of its `main`. */
  readonly pkg: string;
  /** Module in the family's go.mod whose version is the server's version. */
  readonly module: string;
  /** Arguments that make it print its version. */
  readonly versionArgs: readonly string[];
  /** Linker settings that make it know its version; `V` stands for the version without `v`. */
  readonly ldflags: (version: string) => readonly string[];
  /** Cold build time on two cores: the base of the progress display. */
  readonly buildSeconds: number;
}

const kubernetes = (name: BinaryName, buildSeconds: number, versionArgs: readonly string[]): ServerBinary => ({
  name,
  family: 'kubernetes',
  pkg: `k8s.io/kubernetes/cmd/${name}`,
  module: 'k8s.io/kubernetes',
  versionArgs,
  ldflags: (version) => {
    const [major, minor] = version.split('.');
    const set = { gitVersion: `v${version}`, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
    return Object.entries(set).map(([key, value]) => `-X k8s.io/component-base/version.${key}=${String(value)}`);
  },
  buildSeconds,
});

/** All servers of the stack in the order in which they are built: what a rollout needs first comes first. */
export const SERVERS: readonly ServerBinary[] = [
  {
    name: 'temporal',
    family: 'temporal',
    pkg: 'github.com/temporalio/cli/cmd/temporal',
    module: 'github.com/temporalio/cli',
    versionArgs: ['--version'],
    ldflags: (version) => [`-X github.com/temporalio/cli/internal/temporalcli.Version=${version}`],
    buildSeconds: 320,
  },
  {
    name: 'etcd',
    family: 'kubernetes',
    pkg: 'go.etcd.io/etcd/server/v3',
    module: 'go.etcd.io/etcd/server/v3',
    versionArgs: ['--version'],
    ldflags: () => [],
    buildSeconds: 37,
  },
  kubernetes('kube-apiserver', 270, ['--version']),
  kubernetes('kube-controller-manager', 97, ['--version']),
  {
    name: 'kwok',
    family: 'kwok',
    pkg: 'sigs.k8s.io/kwok/cmd/kwok',
    module: 'sigs.k8s.io/kwok',
    versionArgs: ['--version'],
    ldflags: () => [],
    buildSeconds: 94,
  },
  kubernetes('kubectl', 28, ['version', '--client']),
  // No part of the stack: only the tests of the content store's S3 backend ask for it.
  {
    name: 'versitygw',
    family: 's3',
    pkg: 'github.com/versity/versitygw/cmd/versitygw',
    module: 'github.com/versity/versitygw',
    versionArgs: ['--version'],
    ldflags: (version) => [`-X main.Version=v${version}`],
    buildSeconds: 60,
  },
];

/** The environment variable that names one server's binary: `IGNITION_SYNC_KUBE_APISERVER_BIN`. */
export function binaryVariable(name: BinaryName): string {
  return `IGNITION_SYNC_${name.replaceAll('-', '_').toUpperCase()}_BIN`;
}

export function serverBinary(name: BinaryName): ServerBinary {
  const found = SERVERS.find((server) => server.name === name);
  if (!found) throw new Error(`No server is called ${name}.`);
  return found;
}
