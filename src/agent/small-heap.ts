/**
 * Imported before everything else of an agent: V8 collects what is garbage soon instead of when memory runs out, and gives back pages that it
 * does not use. And it goes on collecting what is young while it marks what is old: else the young part, which is bounded, grows by 20 MiB
 * under much work. Not in `SMALL_PROCESS`, since Node takes these flags from no environment.
 */
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--memory-saver-mode');
setFlagsFromString('--no-separate-gc-phases');
