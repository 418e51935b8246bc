import { isWelcome, wordsOf } from '../../clients/ignition/failure.ts';
import { isSupportedVersion } from '../../clients/ignition/wire.ts';
import { count } from '../../domain/plan/text.ts';
import { type Check, differs, ok, unknown, unseen } from './check.ts';

const V1 = '/data/api/v1';
const AUTH_MEANS = 'both are GatewayAuthFailed; only the advice differs';

/** How calls are answered. */
export const CALLS: readonly Check[] = [
  {
    id: 'C1',
    assumption: 'the API is below /data/api/v1',
    means: 'staging is refused with GatewayIncompatible',
    run: async ({ client }) => ok(`gateway-info says ${(await client.gatewayInfo()).ignitionVersion}`),
  },
  {
    id: 'C2',
    assumption: 'the key goes in X-Ignition-API-Token, and reads need one',
    means:
      'with a refused key nothing is staged (GatewayAuthFailed); where reads need none, anybody in the network can read the configuration',
    run: async ({ http, hasKey }) => {
      const [without, given] = [await http.probe(`${V1}/gateway-info`), await http.ask('GET', `${V1}/gateway-info`, {})];
      if (without?.status === 200) return differs('gateway-info is shown without a key');
      if (!hasKey) return unknown('no key was given: --key-file');
      return given.status === 200 ? ok('accepted') : differs(`the key is answered with ${given.status}`);
    },
  },
  {
    id: 'C3',
    assumption: 'without a known key the answer is 401, without the right 403',
    means: AUTH_MEANS,
    run: async ({ http }) => {
      const status = (await http.probe(`${V1}/gateway-info`))?.status;
      if (status === 200) return unknown('reads need no key here');
      return status === 401 ? ok('401 without a key') : differs(`${status ?? 'nothing'} without a key`);
    },
  },
  {
    id: 'C4',
    assumption: 'what is not there is 404, whatever its body',
    means: 'a resource that is gone would be taken for one that could not be asked for: AppliedUnverified',
    run: async ({ http }) => {
      const answer = await http.find(`${V1}/projects/find/ignition-sync-doctor-no-such-project`);
      return answer ? differs(`${answer.status} with ${answer.contentType || 'no body'}`) : ok('404');
    },
  },
  unseen('C5', '200 can say success: false', 'no read provokes it'),
  {
    id: 'C6',
    assumption: 'before the first-time setup everything redirects to /welcome',
    means: 'a scan is ScanFailed instead of GatewayNotRunning, and is tried again all the same',
    in: ['Commissioning'],
    run: async ({ http }) => {
      for (const path of [`${V1}/gateway-info`, `${V1}/scan/config`]) {
        const answer = await http.ask('GET', path, {});
        if (!isWelcome(answer)) return differs(`${path} is answered with ${answer.status} ${wordsOf(answer)}`);
      }
      return ok('redirected');
    },
  },
  {
    id: 'C7',
    assumption: '/StatusPing tells the state without a key',
    means: 'whether the gateway runs cannot be told: scans fail as GatewayIncompatible',
    in: ['any'],
    run: async ({ client }) => ok(`it is ${(await client.state()).toLowerCase()}`),
  },
  {
    id: 'C8',
    assumption: '/system/gwinfo tells the version without a key',
    means: 'a gateway of 8.1 is refused with a less exact message',
    in: ['Running', 'Commissioning'],
    run: async ({ client }) => {
      const version = (await client.gwInfo())?.version;
      return version === undefined ? differs('no version there') : ok(version);
    },
  },
  {
    id: 'C9',
    assumption: 'while it starts, the API answers 503',
    means: 'the scan fails with another reason, and is tried again all the same',
    in: ['Starting'],
    run: async ({ http }) => {
      const { status } = await http.ask('GET', `${V1}/gateway-info`, {});
      return status === 503 ? ok('503') : differs(`${status}`);
    },
  },
  {
    id: 'C10',
    assumption: 'a parameter that a list does not know filters everything out',
    means: 'nothing: no such parameter is sent',
    run: async ({ client, http }) => {
      if ((await client.projectNames()).length === 0) return unknown('there is no project in the list');
      const { text } = await http.call('GET', `${V1}/projects/names?ignitionSyncDoctor=1`);
      return /"items"\s*:\s*\[\s*\]/.test(text) ? ok('filtered out') : differs('ignored');
    },
  },
  {
    id: 'C11',
    assumption: 'the list of projects has names, in items or bare',
    means: 'scans fail as GatewayIncompatible',
    run: async ({ client }) => ok(count((await client.projectNames()).length, 'project')),
  },
  {
    id: 'E1',
    assumption: 'it is Ignition 8.3 or later',
    means: 'nothing is staged: GatewayIncompatible',
    run: async ({ client }) => {
      const version = (await client.gwInfo())?.version ?? (await client.gatewayInfo()).ignitionVersion;
      const supported = isSupportedVersion(version);
      if (supported === undefined) return unknown(`"${version}" is no version`);
      return supported ? ok(version) : differs(version);
    },
  },
  {
    id: 'E2',
    assumption: 'a gateway of the Edge edition has one project, Edge',
    means: 'a plan that brings others to an Edge gateway is refused all the same',
    run: async ({ client }) => {
      const { edition = 'unknown' } = await client.gatewayInfo();
      if (edition.toLowerCase() !== 'edge') return unknown(`its edition is ${edition}`);
      const names = await client.projectNames();
      return names.every((name) => name === 'Edge') ? ok(names.join(', ') || 'none yet') : differs(names.join(', '));
    },
  },
];
