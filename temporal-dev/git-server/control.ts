import { StackError } from '../failure.ts';
import type { SshAddress } from './ssh.ts';
import type { GitCredentials, GitFault, GitRequests } from './faults.ts';
import { repositoryFolder } from './repositories.ts';

/** Where the git server takes commands; no repository can have this name. */
export const CONTROL_PATH = '/-/control';

/** What the git server can be told at run time. An absent fault or absent credentials take back what was set. */
export type GitCommand =
  | { readonly do: 'create'; readonly repository: string }
  | { readonly do: 'fault'; readonly repository: string; readonly fault?: GitFault }
  | { readonly do: 'credentials'; readonly repository: string; readonly credentials?: GitCredentials }
  | { readonly do: 'count'; readonly repository: string };

/** Where a git server is: plain data, so that any process can speak to it. */
export interface GitAddress {
  readonly httpUrl: string;
  /** Folder of the bare repositories. */
  readonly root: string;
  readonly ssh?: SshAddress;
}

/** The git server as seen from any process of this machine. */
export class GitClient {
  readonly address: GitAddress;

  constructor(address: GitAddress) {
    this.address = address;
  }

  /** Makes an empty bare repository with the branch `main` and returns its HTTP URL. */
  async createRepository(name: string): Promise<string> {
    await this.#tell({ do: 'create', repository: name });
    return this.url(name);
  }

  url(name: string): string {
    return `${this.address.httpUrl}/${name}.git`;
  }

  /** @throws StackError where this machine has no sshd. */
  sshUrl(name: string): string {
    const { ssh } = this.address;
    if (!ssh) throw new StackError('There is no git over SSH because this machine has no sshd: apt-get install openssh-server.');
    return `ssh://${ssh.user}@127.0.0.1:${ssh.port}/${name}.git`;
  }

  /** The bare repository on this machine's disk. */
  repositoryPath(name: string): string {
    return repositoryFolder(this.address.root, name);
  }

  /** Makes every access to one repository fail in this way; `undefined` ends it. */
  async setFault(name: string, fault: GitFault | undefined): Promise<void> {
    await this.#tell({ do: 'fault', repository: name, ...(fault === undefined ? {} : { fault }) });
  }

  /** Asks for these credentials over HTTP from now on; `undefined` opens the repository again. */
  async setCredentials(name: string, credentials: GitCredentials | undefined): Promise<void> {
    await this.#tell({ do: 'credentials', repository: name, ...(credentials ? { credentials } : {}) });
  }

  /** How often it was asked since it was made. */
  async requests(name: string): Promise<GitRequests> {
    return (await (await this.#tell({ do: 'count', repository: name })).json()) as GitRequests;
  }

  async #tell(command: GitCommand): Promise<Response> {
    const response = await fetch(`${this.address.httpUrl}${CONTROL_PATH}`, { method: 'POST', body: JSON.stringify(command) });
    if (!response.ok) throw new StackError(`The git server refused: ${await response.text()}`);
    return response;
  }
}
