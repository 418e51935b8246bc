import { createIgnitionClient } from '../../../src/clients/ignition/client.ts';
import { toFault } from '../../../src/domain/errors.ts';
import { GatewaySimulator, type SimulatorOptions } from '../../support/gateway-simulator/simulator.ts';
import type { Files } from './support/content.ts';
import { NO_MANIFEST, Rig, doing } from './support/rig.ts';

const EDGE: Files = { 'projects/Edge/project.json': '{}' };

test.each<{ name: string; options: Partial<SimulatorOptions>; files?: Files; reason?: string; says?: RegExp }>([
  { name: 'a gateway of 8.3 is staged', options: {} },
  { name: 'one of 8.3.10 is staged', options: { version: '8.3.10 (b2026100112)' } },
  {
    name: '3.6.4 one of 8.1 is refused and named',
    options: { version: '8.1.45' },
    reason: 'GatewayIncompatible',
    says: /is Ignition 8\.1\.45, .* upgrade it to 8\.3/,
  },
  { name: 'one of 8.1 that is starting is left for later', options: { version: '8.1.45', faults: { state: 'starting' } } },
  { name: '3.4.5 Edge with its one project is staged', options: { edition: 'edge' }, files: EDGE },
  {
    name: '3.4.3 Edge with another project is refused, and the way out is said',
    options: { edition: 'edge' },
    files: { ...EDGE, 'projects/Line/project.json': '{}' },
    reason: 'InvalidProfile',
    says: /the plan brings Line\. Map .* to the destination projects\/Edge/,
  },
  {
    name: 'a redirect to somewhere else is refused and named',
    options: { faults: { wrongAnswer: 'redirect' } },
    reason: 'GatewayIncompatible',
    says: /redirect to https:\/\/login\.example/,
  },
  {
    name: 'an answer of a gigabyte is refused',
    options: { faults: { wrongAnswer: 'huge' } },
    reason: 'GatewayIncompatible',
    says: /more than 8388608 bytes/,
  },
  {
    name: 'a page of HTML is refused',
    options: { faults: { wrongAnswer: 'html' } },
    reason: 'GatewayIncompatible',
    says: /answered text\/html/,
  },
  { name: 'half an answer may be over by the time of the scan', options: { faults: { wrongAnswer: 'half' } } },
])('$name, and nothing is changed', async ({ options, files = { 'projects/P/project.json': '{}' }, reason, says }) => {
  const rig = await Rig.open();
  const gateway = await GatewaySimulator.start({ dataDir: rig.dataDir, ...options });
  await rig.reopen({ ignition: () => createIgnitionClient({ host: '127.0.0.1', port: gateway.port, tls: false }) });
  const before = await rig.everything();
  const outcome = await rig.agent.stage(rig.step(NO_MANIFEST, rig.content.add(files)), doing).then(() => undefined, toFault);
  expect(outcome?.reason).toBe(reason);
  if (says) expect(outcome?.message).toMatch(says);
  expect(await rig.everything()).toEqual(before);
  expect(gateway.damage).toEqual([]);
  await gateway.stop();
  await rig.close();
});
