/**
 * Imported before everything else of an agent: V8 collects what is garbage soon instead of when memory runs out, and gives back pages that it
 * does not use. Not in `SMALL_PROCESS`, since Node takes this flag from no environment.
 */
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--memory-saver-mode');
