/** What the worker registers; the workflow bundle is made from this file. */
export { ignitionSync } from './ignition-sync.ts';
export { rollout } from './rollout.ts';
export { wave } from './wave.ts';
