import { log } from '@temporalio/workflow';
import type { RolloutState } from '../domain/reports.ts';
import { short } from '../domain/revision.ts';
import type { RolloutInput } from './rollout-contract.ts';
import type { WaveInput, WaveResult } from './wave.ts';

/** Gateways that a line names. */
const NAMED = 3;
/** States that a person should see among many lines. */
const ALARMING: readonly RolloutState[] = ['Failed', 'Holding', 'Frozen'];

/** What the worker's log tells of one rollout: a line for each of its states and one for each wave. */
export class Story {
  readonly #who: { readonly object: string; readonly rollout: number; readonly commit: string };
  readonly #name: string;
  #state: RolloutState | undefined;

  constructor({ object, n, ref, commit }: RolloutInput) {
    this.#who = { object: `${object.namespace}/${object.name}`, rollout: n, commit };
    this.#name = `rollout ${n} of ${this.#who.object}, ${ref}@${short(commit)}`;
  }

  /** The same state said in other words is no new line. */
  state(state: RolloutState, message: string): void {
    if (state === this.#state) return;
    this.#state = state;
    log[ALARMING.includes(state) ? 'warn' : 'info'](`${this.#name}: ${state}: ${message}`, { ...this.#who, state });
  }

  /** How a wave ended. */
  wave({ stage, wave, mode }: Pick<WaveInput, 'stage' | 'wave' | 'mode'>, { synced, failed, unreachable, untouched }: WaveResult): void {
    const of = (names: readonly string[], what: string): string[] =>
      names.length === 0
        ? []
        : [
            `${names.length} ${what} (${names.slice(0, NAMED).join(', ')}${names.length > NAMED ? ` and ${names.length - NAMED} more` : ''})`,
          ];
    const ends = [
      `${synced} ${mode === 'sync' ? 'synced' : 'restarted'}`,
      ...of(
        failed.filter(({ restored }) => restored).map(({ gateway }) => gateway),
        'put back',
      ),
      ...of(
        failed.filter(({ restored }) => !restored).map(({ gateway }) => gateway),
        'failed',
      ),
      ...of(unreachable, 'away'),
      ...(untouched > 0 ? [`${untouched} left as they were`] : []),
    ];
    const shown = mode === 'revert' ? ends.slice(1) : ends;
    const what = mode === 'revert' ? `${stage} wave ${wave + 1} taken back` : `${stage} wave ${wave + 1}`;
    log[mode === 'sync' && failed.length > 0 ? 'warn' : 'info'](`${this.#name}: ${what}: ${shown.join(', ') || 'nothing to do'}`, {
      ...this.#who,
      stage,
      wave: wave + 1,
    });
  }
}
