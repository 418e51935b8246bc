import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Plant, profileObject, syncObject } from '../plant.ts';
import { filesOf } from '../tree.ts';
import { WorkingCopy, project } from '../working-copy.ts';

const MAPPINGS = [{ source: 'projects', destination: 'projects' }];

/** A plant that is synced, and what a user can get wrong around it. */
export class World implements AsyncDisposable {
  readonly plant: Plant;
  readonly copy: WorkingCopy;
  /** A repository with the same content whose host wants the password `right`. */
  readonly locked: WorkingCopy;
  readonly #webPage: Server;

  private constructor(plant: Plant, copy: WorkingCopy, locked: WorkingCopy, webPage: Server) {
    this.plant = plant;
    this.copy = copy;
    this.locked = locked;
    this.#webPage = webPage;
  }

  static async start(plant: Plant): Promise<World> {
    const copy = await WorkingCopy.create(plant.stack, 'good');
    const locked = await WorkingCopy.create(plant.stack, 'locked');
    const commit = await copy.push(project('first'));
    await locked.git('pull', '--quiet', copy.url, 'main');
    await locked.git('push', '--quiet', 'origin', 'main');
    await plant.stack.git.setCredentials('locked', { username: 'git', password: 'right' });
    const webPage = createServer((_, response) => response.end('<html>It works!</html>\n')).listen(0, '127.0.0.1');
    await once(webPage, 'listening');
    const world = new World(plant, copy, locked, webPage);
    await world.backToGood();
    await plant.synced(commit);
    return world;
  }

  /** An address where no git answers. */
  get webPage(): string {
    return `http://127.0.0.1:${(this.#webPage.address() as AddressInfo).port}/plant.git`;
  }

  /** The object as it is right, with these fields of `spec.git` otherwise. */
  sync(git: object = {}): object {
    return syncObject(this.copy.url, { polling: { interval: '5s' }, git: { repo: this.copy.url, ref: 'main', ...git } });
  }

  /** The profile as it is right, with these fields of its mapping and of `spec` otherwise. */
  profile(mapping: object = {}, spec: object = {}): object {
    return profileObject([{ ...MAPPINGS[0], ...mapping }], spec);
  }

  backToGood(): Promise<void> {
    return this.plant.apply(this.profile(), this.sync());
  }

  head(): Promise<string> {
    return this.copy.git('rev-parse', 'HEAD');
  }

  /** Every file of every gateway with its digest. */
  everyFile(): [string, string][][] {
    return this.plant.gateways.map((gateway) => [...filesOf(this.plant.data(gateway))].sort());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#webPage.close();
    rmSync(this.copy.dir, { recursive: true });
    rmSync(this.locked.dir, { recursive: true });
    await this.plant[Symbol.asyncDispose]();
  }
}

/** Spec of a token from a Secret. */
export const token = (name: string, key = 'token') => ({ auth: { token: { secretRef: { name, key } } } });
