import { existsSync } from 'node:fs';
import { z } from 'zod';
import { Store, storeProblems } from '../config/store.ts';
import type { ContentStore } from '../source/content-store.ts';
import { openContentStore } from '../source/open-store.ts';
import { createLogger } from '../telemetry/logger.ts';

/**
 * The content store that the environment of a process names, for a command that reads it once.
 * @throws Error that names the variable, what was given and what is wanted
 */
export async function openStoreToRead(environment: NodeJS.ProcessEnv): Promise<ContentStore> {
  const problems = storeProblems(environment);
  if (problems.length > 0) throw new Error(`Run this where the source or the worker runs, or set its variables:\n${problems.join('\n')}`);
  const env = z.object(Store).parse(environment);
  if (env.CONTENT_STORE_DIR !== undefined && !existsSync(env.CONTENT_STORE_DIR))
    throw new Error(`There is no folder ${env.CONTENT_STORE_DIR}: CONTENT_STORE_DIR is the folder of the content store.`);
  return await openContentStore(env, createLogger('cli', 'silent'));
}
