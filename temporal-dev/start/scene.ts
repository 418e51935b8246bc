import { execFile } from 'node:child_process';
import { cp, readFile, readdir } from 'node:fs/promises';
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { parseAllDocuments, stringify } from 'yaml';
import { StackError } from '../failure.ts';
import type { Stack } from '../stack/stack.ts';
import type { StartOptions } from './options.ts';

const run = promisify(execFile);
const EXAMPLE = resolve(import.meta.dirname, '../../examples/plant');
/** The objects here look for commits often, so that a push shows soon without a webhook. */
const POLLING = { interval: '5s' };

/** What is synced: the object, and where a person can push to. */
export interface Scene {
  readonly namespace: string;
  readonly name: string;
  /** The gateway that goes first. */
  readonly canary: string;
  /** Working copy of the example, and a file to change in it. */
  readonly clone?: { readonly dir: string; readonly file: string };
}

/** Pushes the example plant to the stack's git server and applies its objects. */
export async function examplePlant(stack: Stack, dir: string): Promise<Scene> {
  const clone = join(dir, 'plant');
  const url = await stack.git.createRepository('plant');
  const [objects] = await Promise.all([exampleObjects(url), pushExample(stack, clone, url)]);
  await create(stack, objects);
  return {
    namespace: 'plant',
    name: 'plant',
    canary: 'area-0',
    clone: { dir: clone, file: 'services/area/projects/area/ignition/script-python/line/code.py' },
  };
}

/** Objects that sync a whole repository, narrowed to what may be synced, onto a number of gateways. */
export async function wholeRepository(stack: Stack, { repo, ref, gateways }: StartOptions & { repo: string }): Promise<Scene> {
  const namespace = 'demo';
  const url = await urlOf(stack, repo);
  const metadata = (name: string) => ({ name, namespace });
  const labels = { 'app.kubernetes.io/name': 'ignition', 'app.kubernetes.io/instance': 'gateway' };
  const annotations = {
    'ignition-sync.io/inject': 'true',
    'ignition-sync.io/cr-name': 'demo',
    'ignition-sync.io/sync-profile': 'everything',
  };
  const ours = 'sync.ignition.io/v1alpha1';
  await apply(stack, [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'Secret', metadata: metadata('ignition-api-key'), stringData: { apiKey: 'ignition-sync:example-key' } },
    {
      apiVersion: ours,
      kind: 'IgnitionSync',
      metadata: metadata('demo'),
      spec: { git: { repo: url, ref }, polling: POLLING, gateway: { apiKeySecretRef: { name: 'ignition-api-key', key: 'apiKey' } } },
    },
    { apiVersion: ours, kind: 'SyncProfile', metadata: metadata('everything'), spec: { mappings: [{ source: '.', destination: '.' }] } },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: metadata('gateway'),
      spec: {
        serviceName: 'gateway',
        replicas: gateways,
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: labels },
        template: {
          metadata: { labels, annotations },
          spec: { containers: [{ name: 'gateway', image: 'inductiveautomation/ignition:8.3' }] },
        },
      },
    },
  ]);
  return { namespace, name: 'demo', canary: 'gateway-0' };
}

/** What a gateway's source can read: a bundle is unpacked into the stack's git server, because git reads bundles from plain paths only. */
async function urlOf(stack: Stack, repo: string): Promise<string> {
  if (!existsSync(repo)) return repo;
  const path = resolve(repo);
  if (statSync(path).isDirectory()) return pathToFileURL(path).href;
  const url = await stack.git.createRepository('bundle');
  try {
    const into = stack.git.repositoryPath('bundle');
    await run('git', ['-C', into, 'fetch', '--quiet', '--force', path, 'refs/*:refs/*'], { env: stack.description.env });
  } catch (error) {
    throw new StackError(`--repo ${repo} is a file, but no git bundle: ${error instanceof Error ? error.message : String(error)}`);
  }
  return url;
}

/** The example's objects as a user would apply them, with the address of this stack's git server. */
async function exampleObjects(url: string): Promise<{ kind: string }[]> {
  const folder = join(EXAMPLE, 'objects');
  const files = (await readdir(folder)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return texts
    .flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as { kind: string; spec: Record<string, unknown> }))
    .map((object) =>
      object.kind === 'IgnitionSync' ? { ...object, spec: { ...object.spec, git: { repo: url, ref: 'main' }, polling: POLLING } } : object,
    );
}

async function pushExample(stack: Stack, clone: string, url: string): Promise<void> {
  if (existsSync(join(clone, '.git'))) return; // kept from an earlier start
  await cp(join(EXAMPLE, 'repository'), clone, { recursive: true });
  const git = (...args: string[]) => run('git', ['-C', clone, ...args], { env: stack.description.env });
  await git('init', '--quiet', '--initial-branch=main');
  await git('config', 'user.name', 'Example');
  await git('config', 'user.email', 'example@plant.example');
  await git('config', 'commit.gpgSign', 'false');
  await git('config', 'http.proxy', ''); // the server is on this machine, whatever the user's environment says
  await git('remote', 'add', 'origin', url);
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'The example plant');
  await git('push', '--quiet', '--set-upstream', 'origin', 'main');
}

/** Objects of the example are made once: what the user changed in a kept folder stays. */
async function create(stack: Stack, objects: readonly { readonly kind?: string }[]): Promise<void> {
  const namespaces = objects.filter(({ kind }) => kind === 'Namespace');
  await apply(stack, namespaces);
  for (const object of objects) {
    if (namespaces.includes(object)) continue;
    await stack.kubectl(['create', '-f', '-'], { input: stringify(object) }).catch((error: unknown) => {
      if (!String(error).includes('AlreadyExists')) throw error;
    });
  }
}

/** What the command line says counts, whoever changed it since an earlier start. */
async function apply(stack: Stack, objects: readonly unknown[]): Promise<void> {
  await stack.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], {
    input: objects.map((object) => stringify(object)).join('---\n'),
  });
}
