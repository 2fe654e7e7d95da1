/** Counts sign-ins and reloads of this tab, so that they do not go round forever. */

import { recall, remember } from './page-memory.ts';

const storageKey = 's3nator-rounds';

type Rounds = Record<string, { readonly count: number; readonly at: number } | undefined>;

/** Forgets all counts of this tab: somebody signed out, so a next sign-in is no round. */
export const clearRounds = (storage: () => Storage): boolean => remember(storage, storageKey, '');

/** Counts what happened to a URL in this tab. Times are in milliseconds. Refused or full storage counts as often. */
export class LoopBreaker {
  readonly #storage: () => Storage;

  constructor(storage: () => Storage) {
    this.#storage = storage;
  }

  /** Adds one to `key` and returns the count. It begins again when the last time is more than `withinMs` ago. */
  count(key: string, now: number, withinMs: number): number {
    const count = this.seen(key, now, withinMs) + 1;
    const rounds = JSON.stringify({ ...this.#read(), [key]: { count, at: now } });
    return remember(this.#storage, storageKey, rounds) ? count : Number.POSITIVE_INFINITY;
  }

  /** How often `key` was counted, if the last time is at most `withinMs` ago; else 0. */
  seen(key: string, now: number, withinMs: number): number {
    const round = this.#read()[key];
    return round && now - round.at <= withinMs ? round.count : 0;
  }

  #read(): Rounds {
    try {
      return (JSON.parse(recall(this.#storage, storageKey)) as Rounds | null) ?? {};
    } catch {
      return {};
    }
  }
}
