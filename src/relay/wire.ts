import { z } from 'zod';

/** A sha256 in lower-case hex. */
export const Digest = z.string().regex(/^[0-9a-f]{64}$/, 'a sha256 in lower-case hex');

/** Any name or id an agent sends. */
export const Short = z.string().max(1024);
