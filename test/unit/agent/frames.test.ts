import fc from 'fast-check';
import { readFrames } from '../../../src/agent/frames.ts';

const DIGEST = 'a'.repeat(64);

async function* cut(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i += 1) {
    const size = sizes[i % sizes.length] ?? 1;
    yield await Promise.resolve(bytes.subarray(at, at + size));
    at += size;
  }
}

function frames(bodies: readonly Uint8Array[]): Buffer {
  return Buffer.concat(bodies.flatMap((body) => [Buffer.from(`${JSON.stringify({ sha256: DIGEST, size: body.length })}\n`), body]));
}

test('bodies arrive whole, however the stream is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 300 })),
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }),
      async (bodies, sizes) => {
        const got: Buffer[] = [];
        for await (const { body } of readFrames(cut(frames(bodies), sizes))) {
          const pieces: Uint8Array[] = [];
          for await (const piece of body) pieces.push(piece);
          got.push(Buffer.concat(pieces));
        }
        expect(got).toEqual(bodies.map((body) => Buffer.from(body)));
      },
    ),
  );
});

test('a body that nobody reads, or only begins to read, is passed over', async () => {
  const bodies = [Buffer.alloc(500, 1), Buffer.alloc(500, 2), Buffer.from('last')];
  const got: string[] = [];
  let index = 0;
  for await (const { body } of readFrames(cut(frames(bodies), [7]))) {
    index += 1;
    if (index === 1) continue;
    for await (const piece of body) {
      got.push(Buffer.from(piece).toString());
      break;
    }
  }
  expect(index).toBe(3);
  expect(got.at(-1)).toMatch(/^l/);
});

test.each([
  { name: 'a negative size', text: `{"sha256":"${DIGEST}","size":-1}\n` },
  { name: 'a digest that is a path', text: '{"sha256":"../../etc","size":1}\nx' },
  { name: 'a line that is no JSON', text: 'hello\n' },
  { name: 'a header cut short', text: `{"sha256":"${DIGEST}"` },
  { name: 'a body cut short', text: `{"sha256":"${DIGEST}","size":5}\nabc` },
])('$name is refused', async ({ text }) => {
  const read = async (): Promise<void> => {
    for await (const { body } of readFrames(cut(Buffer.from(text), [3])))
      for await (const piece of body) expect(piece.length).toBeGreaterThan(0);
  };
  await expect(read()).rejects.toMatchObject({ reason: 'ContentUnavailable' });
});
