import { readFileSync } from 'node:fs';
import { StackError } from '../failure.ts';
import { GitClient, type GitAddress } from '../git-server/control.ts';
import { runTool, type ToolOptions } from './tool.ts';
import type { KubernetesAddress, TemporalAddress } from './parts.ts';

/** A running stack as plain data, so that any process of this machine can use it. */
export interface StackDescription {
  readonly dataDir: string;
  /** The clean environment in which tools run. */
  readonly env: NodeJS.ProcessEnv;
  readonly tools: { readonly kubectl?: string; readonly temporal?: string };
  readonly temporal?: TemporalAddress;
  readonly kubernetes?: KubernetesAddress;
  readonly git?: GitAddress;
}

/** A running stack as seen from any process of this machine. */
export class StackClient {
  readonly description: StackDescription;

  constructor(description: StackDescription) {
    this.description = description;
  }

  /** Where Temporal and its UI are. */
  get temporal(): TemporalAddress {
    return this.#part('temporal');
  }

  /** Where the apiserver is. */
  get kubernetes(): KubernetesAddress {
    return this.#part('kubernetes');
  }

  /** The administrator's kubeconfig as text. */
  get kubeconfig(): string {
    return readFileSync(this.kubernetes.kubeconfigFile, 'utf8');
  }

  get git(): GitClient {
    return new GitClient(this.#part('git'));
  }

  /** Runs kubectl as administrator and returns what it printed. */
  kubectl(args: readonly string[], options: ToolOptions = {}): Promise<string> {
    const { env, tools } = this.description;
    return runTool(tools.kubectl ?? 'kubectl', ['--kubeconfig', this.kubernetes.kubeconfigFile, ...args], env, options);
  }

  /** Runs the `temporal` CLI against this stack's server and returns what it printed. */
  temporalCli(args: readonly string[], options: ToolOptions = {}): Promise<string> {
    const { env, tools } = this.description;
    return runTool(tools.temporal ?? 'temporal', [...args, '--address', this.temporal.address], env, options);
  }

  #part<Name extends 'temporal' | 'kubernetes' | 'git'>(name: Name): NonNullable<StackDescription[Name]> {
    const part = this.description[name];
    if (!part) throw new StackError(`This stack was started without ${name}: name it in \`parts\`.`);
    return part;
  }
}
