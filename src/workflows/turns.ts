import { condition } from '@temporalio/workflow';

/** Restarts of one wave at a time, once one has proved that gateways come back. */
const AT_ONCE = 5;

/**
 * Who may restart: one gateway first, then a few at a time, and none any more once one has failed. Whoever waits for its window or for
 * people holds no turn.
 */
export class Turns {
  #taken = 0;
  #proved = false;
  #broken = false;

  /** Set when a restart failed: nobody else begins. */
  get broken(): boolean {
    return this.#broken;
  }

  /** Waits for a turn, at most so many milliseconds. @returns false when there is none by then, or will be none, or `over` says that it is too late */
  async take(over: () => boolean, patienceMs: number): Promise<boolean> {
    const free = (): boolean => this.#taken < (this.#proved ? AT_ONCE : 1);
    if (!(await condition(() => this.#broken || over() || free(), patienceMs))) return false;
    if (this.#broken || over()) return false;
    this.#taken += 1;
    return true;
  }

  /** Gives a turn back: `proved` = the gateway came back with the new content; `failed` = it did not; `unused` = nothing was restarted. */
  give(outcome: 'proved' | 'failed' | 'unused'): void {
    this.#taken -= 1;
    this.#proved ||= outcome === 'proved';
    this.#broken ||= outcome === 'failed';
  }
}
