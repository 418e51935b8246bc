import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options: { readonly type: 'minor' }) => void;

/** Bytes that may pass until what they came in is given back. */
const PORTION = 2 << 20;

/**
 * Passes a stream on, and gives back the buffers that have passed. Each piece from the network comes in a buffer of its own outside the heap;
 * left to itself V8 collects them when 64 MB have piled up, which is half of what an agent may have.
 */
export async function* givingBack(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let passed = 0;
  for await (const piece of stream) {
    yield piece;
    passed += piece.length;
    if (passed < PORTION) continue;
    passed = 0;
    collect({ type: 'minor' });
  }
}
