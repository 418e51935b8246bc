/**
 * Environment of an agent's process that keeps it small: a gateway's pod has better use for memory. Without it an agent works as well, and
 * takes what the machine has to give. The heap has room for what one answer of a gateway may need, and is collected long before it is full.
 */
export const SMALL_PROCESS = {
  NODE_OPTIONS: '--max-semi-space-size=1 --max-old-space-size=128',
  // Of the C library: few arenas, and what is large goes back to the system at once.
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '65536',
  MALLOC_TRIM_THRESHOLD_: '131072',
} as const;
