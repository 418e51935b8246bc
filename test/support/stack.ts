import { readFileSync } from 'node:fs';
import { StackClient, type StackDescription } from '../../temporal-dev/stack/client.ts';

/**
 * The servers that all tests of this run share. Tests keep apart by names of their own: Kubernetes namespaces, workflow ids,
 * repositories. A test that kills servers starts a stack of its own with `startStack()`.
 */
export function testStack(): StackClient {
  const file = process.env.IGNITION_SYNC_TEST_STACK;
  if (file === undefined) throw new Error('This jest project has no servers: give it `onServers` in jest.config.js.');
  return new StackClient(JSON.parse(readFileSync(file, 'utf8')) as StackDescription);
}
