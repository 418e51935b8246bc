import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What is known of Ignition 8.3, line by line: 1.2 shapes of errors, 1.4 scans and their locks, 1.5 identity and health, 2.10 what is never
 * touched, 3 behaviour while it runs. The names of tests that show what we make of a line begin with its number. What has none says why.
 */
const LINES: Readonly<Record<string, string>> = {
  '1.2.1': 'an unknown route: 404, in JSON or as a page',
  '1.2.2': 'a resource that is not there: 404, as a page',
  '1.2.3': 'errors of the API come as a page with a message in it',
  '1.2.4': 'errors of the web application come as JSON',
  '1.2.5': 'a validation: 422 with messages, also inside a problem',
  '1.2.6': 'a bare object where a list is due: 400',
  '1.2.7': 'a stale signature: 500, or 409',
  '1.2.8': 'an exception: 500 with the problem',
  '1.2.9': 'restarting: 503',
  '1.2.10': 'uncommissioned: 302, or 400 for scans',
  '1.2.11': 'a refusal inside a 200',
  '1.4.1': 'GET and POST answer with the same three fields',
  '1.4.2': 'the answer to a POST is the state before the scan',
  '1.4.3': 'a scan has ended when none is active and the moment is newer',
  '1.4.4': 'the moment may not move although the scan was done',
  '1.4.5': 'a scan lets go of the lock of its kind, whoever holds it',
  '1.4.6': 'the configuration is scanned before projects',
  '1.4.7': 'a scan may be asked for again',
  '1.4.12': 'the request for a lock needs an object',
  '1.4.13': 'a lock tells who holds it, and how long',
  '1.4.14': 'while it is held, other changes wait; it ends by itself',
  '1.4.15': 'it does not notice what was changed since one has read',
  '1.4.16': 'it is let go in any case, and a gateway without one is changed all the same',
  '1.5.1': 'StatusPing: running, starting, commissioning',
  '1.5.2': 'gwinfo, without a key',
  '1.5.3': 'gateway-info, with a key',
  '1.5.5': 'the state of a redundant pair',
  '2.10.1': '.resources, anywhere',
  '2.10.2': 'everything at the root but projects and collections',
  '2.10.3': 'the collection local',
  '2.10.4': 'what each gateway writes into core for itself',
  '2.10.5': 'a mapping of one root file deletes nothing else, nested folders are gone through, links are not followed',
  '2.10.6': 'a project may go while the gateway runs',
  '2.10.7': 'what the vendor leaves out of repositories',
  '3.1.1': 'scans come from anywhere',
  '3.1.2': 'projects may be picked up at any moment',
  '3.1.3': 'a start is a scan of everything',
  '3.1.4': 'a first boot rewrites some of the configuration',
  '3.1.5': 'some changes run only after a restart',
  '3.1.6': 'after a first boot the key may be refused for a while',
  '3.1.7': 'two scans go one after the other',
  '3.1.8': 'a new project needs two scans',
  '3.1.10': 'the gateway lists what waits for a restart',
  '3.1.11': 'content is the proof, not a status',
  '3.2.1': 'a Designer does not lock: who saves last decides',
  '3.2.3': 'a Designer may open after a look, and a list that cannot be read is no empty one',
  '3.3.1': 'a module whose terms nobody accepted keeps a gateway in its first-time setup',
  '3.3.2': 'modules.json is the whole truth of modules',
  '3.3.3': 'modules belong to the image',
  '3.4.1': 'Edge has fewer types',
  '3.4.2': 'Edge has one tag provider',
  '3.4.3': 'Edge has one project, named Edge',
  '3.4.5': 'gateway-info tells the edition',
  '3.5.1': 'hasConfigAccess is no sign that one may write',
  '3.5.2': 'core, modes and projects on the active master, external on both',
  '3.5.3': 'activity decides, not the role; for some seconds both are active',
  '3.5.4': 'a failover may come between two steps',
  '3.5.5': 'a backup says RUNNING; OutOfDate means that it lacks something',
  '3.5.6': 'redundancy.xml belongs to the machine',
  '3.6.1': 'certificates of the Gateway Network belong to the machine',
  '3.6.2': 'who was let in belongs to the gateway',
  '3.6.3': 'one identity and one system name for each gateway',
  '3.6.4': '8.1 is told apart from 8.3',
};

/** Nothing here could fail. */
const WITHOUT_TEST: Readonly<Record<string, string>> = {
  '1.4.8': 'there are no scans of one project: none is asked for',
  '1.4.9': 'older names of routes: not called',
  '1.4.10': 'scripts and web pages that ask for scans: not ours',
  '1.4.11': 'claims that live gateways contradict: not simulated',
  '1.4.17': 'locks across a pair: nothing is known',
  '1.5.4': 'overview: not called',
  '1.5.6': 'further routes of redundancy: not called',
  '3.1.9': 'whether a scan reloads scripts of the gateway scope: unverified, nothing relies on it',
  '3.2.2': 'Designers are not made to pull by a scan: nothing of ours does that',
  '3.2.4': 'a deleted resource that is open: nobody has seen what happens',
  '3.4.4': 'licences of Edge: no part of a sync',
  '3.5.7': 'what another product does',
  '3.5.8': 'a resync can be forced: the standby is waited for instead',
};

const SECTIONS = /^(?:1\.[245]|2\.10|3\.[1-6])\.\d+$/;

/** The numbers that titles of tests begin with. */
function numbered(): Set<string> {
  const folder = join(import.meta.dirname, '../..');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'));
  const titles = files.flatMap((file) => [
    ...readFileSync(join(folder, file), 'utf8').matchAll(/['"`](\d+\.\d+\.\d+(?:, \d+\.\d+\.\d+)*)(?= [^']|',)/g),
  ]);
  return new Set(titles.flatMap(([, numbers = '']) => numbers.split(', ')).filter((number) => SECTIONS.test(number)));
}

test('each line that is known of gateways has a test whose name begins with its number, or says why it has none', () => {
  const found = [...numbered()].filter((number) => WITHOUT_TEST[number] === undefined);
  expect(found.sort()).toEqual(Object.keys(LINES).sort());
});
