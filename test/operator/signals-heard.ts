import { EventEmitter, once } from 'node:events';
import type { Workflows } from '../../src/clients/temporal/workflows.ts';

/** Hears the signals instead of Temporal, and can be made deaf. */
export class SignalsHeard implements Workflows {
  readonly heard: { readonly object: string; readonly reason: string }[] = [];
  readonly #events = new EventEmitter();
  /** How many further signals fail. */
  failing = 0;

  async signalDesiredChanged(namespace: string, name: string, reason: string): Promise<void> {
    await Promise.resolve();
    if (this.failing > 0) {
      this.failing -= 1;
      throw new Error('Temporal is away');
    }
    this.heard.push({ object: `${namespace}/${name}`, reason });
    this.#events.emit('heard');
  }

  of(object: string): string[] {
    return this.heard.filter((signal) => signal.object === object).map(({ reason }) => reason);
  }

  /** Waits until the object has been signalled with such a reason. */
  async until(object: string, reason: RegExp): Promise<void> {
    const deadline = AbortSignal.timeout(15_000);
    while (!this.of(object).some((heard) => reason.test(heard))) {
      await once(this.#events, 'heard', { signal: deadline }).catch(() => {
        throw new Error(`no signal ${reason.source} for ${object}: ${JSON.stringify(this.heard)}`);
      });
    }
  }
}
