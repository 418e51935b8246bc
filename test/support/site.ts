import { existsSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { StackClient, type StackDescription } from '../../temporal-dev/stack/client.ts';

/** The environment variable with the file that says where the shared installation is, as soon as it runs. */
export const SITE_FILE = 'IGNITION_SYNC_TEST_SITE';
const PATIENCE_MS = 120_000;

/** What is in that file. */
export type SiteNews = { readonly stack: StackDescription; readonly pods: string } | { readonly failed: string };

/** Real servers with the whole product on them, which the plants of this run share. Waits for their start. */
export async function sharedSite(): Promise<{ stack: StackClient; pods: string }> {
  const file = process.env[SITE_FILE];
  if (file === undefined) throw new Error('This jest project has no installation: give it `onInstallation` in jest.config.js.');
  const deadline = AbortSignal.timeout(PATIENCE_MS);
  while (!existsSync(file)) await setTimeout(100, undefined, { signal: deadline });
  const news = JSON.parse(readFileSync(file, 'utf8')) as SiteNews;
  if ('failed' in news) throw new Error(`The installation for the tests did not start: ${news.failed}`);
  return { stack: new StackClient(news.stack), pods: news.pods };
}
