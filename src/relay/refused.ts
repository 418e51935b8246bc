import type { Reason } from '../domain/reasons.ts';

/** An answer to an agent that is not what it asked for: 401 who are you, 403 not yours, 404 no such content, 416 no such range, 503 ask again. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: 400 | 401 | 403 | 404 | 413 | 416 | 503;
  readonly reason: Reason;

  constructor(status: Refused['status'], reason: Reason, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}
