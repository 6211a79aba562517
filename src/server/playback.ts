import type { ClockState } from './clock.js';
import type { Positions, Soon, Take } from './positions.js';

/** `exhaust`: past the last record there is no more data; `rotation`: the first record follows the last. */
export type CacheMode = 'exhaust' | 'rotation';

export interface PlaybackOptions {
  readonly cacheMode: CacheMode;
  /** API keys remembered at once; the least recently used one leaves and would start over. */
  readonly maxKeys: number;
  /** Those of them in the memory of this process, where others have the rest; absent: all. */
  readonly ownKeys?: number;
}

/** What one name has reached: counter -> next index, the turn still being served, and its clock. */
interface Listener {
  readonly positions: Map<string, number>;
  readonly turns: Map<string, Promise<unknown>>;
  clock?: ClockState;
}

/** What of a listener is kept over a restart. */
export interface Kept {
  readonly positions: readonly (readonly [counter: string, index: number])[];
  readonly clock?: ClockState;
}

/** Where positions survive a restart; memory stays the master. */
export interface Keeper {
  load(name: string): Kept | undefined;
  /** Called for every change: only notes that there is one. */
  changed(name: string, now: () => Kept): void;
  /** Forgets one name, or all. */
  forget(name?: string): void;
  /** Writes what is noted. */
  close(): Promise<void>;
}

/** Positions in the memory of this process: a turn costs a few map look-ups. */
export class Playback implements Positions {
  readonly #rotates: boolean;
  readonly #maxKeys: number;
  readonly #keeper: Keeper | undefined;
  readonly #listeners = new Map<string, Listener>();
  /** Of the name that is no key: it holds the shared clock and never leaves. */
  #shared: Listener;
  #latest: { readonly apiKey: string; readonly listener: Listener } | undefined;

  constructor(options: PlaybackOptions, keeper?: Keeper) {
    this.#rotates = options.cacheMode === 'rotation';
    this.#maxKeys = options.ownKeys ?? options.maxKeys;
    this.#keeper = keeper;
    this.#shared = newListener(keeper?.load(''));
  }

  take<T>(turn: Take, serve: (index: number) => Soon<T>): Soon<T | undefined> {
    const { apiKey, counter } = turn;
    const listener = this.#listener(apiKey);
    const { turns } = listener;
    const before = turns.get(counter);
    const served =
      before === undefined
        ? this.#serveNext(listener, turn, serve)
        : before.then(() => this.#serveNext(listener, turn, serve));
    if (served instanceof Promise) queue(turns, counter, served);
    return served;
  }

  set(apiKey: string, positions: Iterable<readonly [string, number]>): void {
    const listener = this.#listener(apiKey);
    for (const [counter, index] of positions) listener.positions.set(counter, index);
    this.#keep(apiKey, listener);
  }

  reset(apiKey?: string, what: 'all' | 'positions' = 'all'): number {
    const names = apiKey === undefined ? [...this.#listeners.keys()] : [apiKey];
    const count = names.reduce((total, name) => total + this.of(name).size, 0);
    if (what === 'positions') {
      for (const name of names) this.#rewind(name);
      return count;
    }
    this.#latest = undefined;
    for (const name of names) this.#listeners.delete(name);
    if (apiKey === undefined) this.#shared = newListener();
    this.#keeper?.forget(apiKey);
    return count;
  }

  of(apiKey: string): ReadonlyMap<string, number> {
    return this.#listeners.get(apiKey)?.positions ?? new Map(this.#keeper?.load(apiKey)?.positions);
  }

  keys(): Iterable<string> {
    return this.#listeners.keys();
  }

  clock(name: string, start: () => ClockState): ClockState {
    const listener = this.#listener(name);
    if (listener.clock === undefined) this.#setClock(name, listener, start());
    return listener.clock ?? start();
  }

  setClock(name: string, state: ClockState): void {
    this.#setClock(name, this.#listener(name), state);
  }

  async close(): Promise<void> {
    await this.#keeper?.close();
  }

  #rewind(name: string): void {
    const listener = this.#listener(name);
    listener.positions.clear();
    this.#keep(name, listener);
  }

  #setClock(name: string, listener: Listener, state: ClockState): void {
    listener.clock = state;
    this.#keep(name, listener);
  }

  /** A listener forgotten meanwhile stays forgotten. */
  #keep(name: string, listener: Listener): void {
    if (this.#keeper === undefined || (this.#listeners.get(name) ?? this.#shared) !== listener) return;
    const { positions } = listener;
    this.#keeper.changed(name, () => ({
      positions: [...positions],
      ...(listener.clock !== undefined && { clock: listener.clock }),
    }));
  }

  #listener(name: string): Listener {
    if (this.#latest?.apiKey === name) return this.#latest.listener;
    if (name === '') return this.#shared;
    const listener = this.#listeners.get(name) ?? newListener(this.#keeper?.load(name));
    this.#listeners.delete(name);
    this.#listeners.set(name, listener);
    this.#latest = { apiKey: name, listener };
    if (this.#listeners.size > this.#maxKeys) {
      const [oldest] = this.#listeners.keys();
      if (oldest !== undefined) this.#listeners.delete(oldest);
    }
    return listener;
  }

  #serveNext<T>(listener: Listener, turn: Take, serve: (index: number) => Soon<T>): Soon<T | undefined> {
    const { counter, length, jump } = turn;
    const position = Math.max(listener.positions.get(counter) ?? 0, jump?.from ?? 0);
    const rotates = jump?.rotates ?? this.#rotates;
    if (length === 0 || (!rotates && position >= length)) return undefined;
    // In shared mode another, longer category may have moved the counter beyond this one's end.
    const served = serve(position % length);
    if (!(served instanceof Promise)) {
      this.#move(listener, turn, position);
      return served;
    }
    return served.then((value) => {
      this.#move(listener, turn, position);
      return value;
    });
  }

  #move(listener: Listener, { apiKey, counter, length, jump }: Take, position: number): void {
    const next = (position % length) + 1;
    if (jump !== undefined && position >= length) listener.positions.clear();
    listener.positions.set(counter, jump === undefined && this.#rotates ? next % length : next);
    this.#keep(apiKey, listener);
  }
}

function newListener(kept?: Kept): Listener {
  return {
    turns: new Map(),
    positions: new Map(kept?.positions),
    ...(kept?.clock !== undefined && { clock: kept.clock }),
  };
}

/** Makes `turn` the one the counter's next turn waits for, until it has ended either way. */
function queue(turns: Map<string, Promise<unknown>>, counter: string, turn: Promise<unknown>): void {
  const ended: Promise<void> = turn.then(forget, forget);
  turns.set(counter, ended);
  function forget(): void {
    if (turns.get(counter) === ended) turns.delete(counter);
  }
}
