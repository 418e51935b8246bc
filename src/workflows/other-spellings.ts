import { log, patched, setDefaultSignalHandler } from '@temporalio/workflow';
import { SIGNALS, signalMeant } from '../contract/messages.ts';

/** What a signal of each name does. */
export type Heard = Map<string, (payload?: unknown) => unknown>;

/**
 * Takes a signal in another spelling for the one that is meant; what is none of ours is said, for Temporal answers that it was sent.
 * To be called after all handlers are set: signals that came with the start go to this one at once where theirs is missing.
 */
export function hearOtherSpellings(heard: Heard, say: (sentence: string) => void): void {
  setDefaultSignalHandler(async (name, payload) => {
    if (!patched('other-spellings')) return;
    const handler = heard.get(signalMeant(name) ?? '');
    if (handler) {
      await handler(payload);
      return;
    }
    const sentence = `signal "${name.slice(0, 50)}" is none of ${Object.values(SIGNALS).join(', ')}: it had no effect`;
    log.warn(sentence);
    say(sentence);
  });
}
