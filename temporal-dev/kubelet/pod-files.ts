import { chownSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A user and a group of this machine. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** The folder of one pod: it belongs to the pod's name, so it survives the pod as a volume claim would. */
export class PodFiles {
  readonly dir: string;
  /** The gateway's data directory. */
  readonly data: string;
  /** The projected ServiceAccount token of the pod. */
  readonly token: string;
  /** The value of the Secret that holds the gateway's API key; absent as long as the Secret is. */
  readonly apiKey: string;
  /** The ports of the pod's processes as JSON, for who looks from another process. */
  readonly ports: string;
  readonly #user: User | undefined;

  constructor(root: string, namespace: string, name: string, user?: User) {
    this.#user = user;
    this.dir = join(root, namespace, name);
    this.data = join(this.dir, 'data');
    this.token = join(this.dir, 'token');
    this.apiKey = join(this.dir, 'api-key');
    this.ports = join(this.dir, 'ports.json');
  }

  /** Makes the folders that are not there yet. */
  make(): void {
    mkdirSync(this.data, { recursive: true });
    this.#own(this.dir);
    this.#own(this.data);
  }

  log(role: string): string {
    return join(this.dir, `${role}.log`);
  }

  /** Puts a new content in the place of the old one in one step, as the kubelet does. */
  replace(file: string, content: string | Buffer | undefined): void {
    if (content === undefined) {
      rmSync(file, { force: true });
      return;
    }
    const next = `${file}.next`;
    writeFileSync(next, content, { mode: 0o600 });
    this.#own(next);
    renameSync(next, file);
  }

  #own(path: string): void {
    if (this.#user) chownSync(path, this.#user.uid, this.#user.gid);
  }
}
