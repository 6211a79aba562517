/** `exhaust`: past the last record there is no more data; `rotation`: the first record follows the last. */
export type CacheMode = 'exhaust' | 'rotation';

export interface PlaybackOptions {
  readonly cacheMode: CacheMode;
  /** API keys remembered at once; the least recently used one leaves and would start over. */
  readonly maxKeys: number;
}

/** What one API key has reached: counter name -> next index, and the turn that is still being served. */
interface Listener {
  readonly positions: Map<string, number>;
  readonly turns: Map<string, Promise<unknown>>;
}

/**
 * Sequential playback per API key (contract section 4.2). A counter is any name: REST and sockets choose their own.
 * A position moves on only when its record was really served, and every record of a counter is served once.
 */
export class Playback {
  readonly #rotates: boolean;
  readonly #maxKeys: number;
  readonly #listeners = new Map<string, Listener>();
  #latest: { readonly apiKey: string; readonly listener: Listener } | undefined;

  constructor(options: PlaybackOptions) {
    this.#rotates = options.cacheMode === 'rotation';
    this.#maxKeys = options.maxKeys;
  }

  /**
   * Serves the record at the counter's position and moves on. Undefined: no more records.
   * When `serve` throws or rejects, the position stays. Turns of one counter wait for each other.
   */
  take<T>(
    apiKey: string,
    counter: string,
    length: number,
    serve: (index: number) => T | Promise<T>,
  ): T | undefined | Promise<T | undefined> {
    const { positions, turns } = this.#listener(apiKey);
    const before = turns.get(counter);
    const step = { length, rotates: this.#rotates, serve };
    const turn =
      before === undefined
        ? serveNext(positions, counter, step)
        : before.then(() => serveNext(positions, counter, step));
    if (turn instanceof Promise) queue(turns, counter, turn);
    return turn;
  }

  /** Forgets the positions of one key, or of all; returns how many positions there were. */
  reset(apiKey?: string): number {
    this.#latest = undefined;
    const forgotten = apiKey === undefined ? [...this.#listeners.keys()] : [apiKey];
    let count = 0;
    for (const key of forgotten) {
      count += this.#listeners.get(key)?.positions.size ?? 0;
      this.#listeners.delete(key);
    }
    return count;
  }

  #listener(apiKey: string): Listener {
    if (this.#latest?.apiKey === apiKey) return this.#latest.listener;
    const listener = this.#listeners.get(apiKey) ?? { positions: new Map(), turns: new Map() };
    this.#listeners.delete(apiKey);
    this.#listeners.set(apiKey, listener);
    this.#latest = { apiKey, listener };
    if (this.#listeners.size > this.#maxKeys) {
      const [oldest] = this.#listeners.keys();
      if (oldest !== undefined) this.#listeners.delete(oldest);
    }
    return listener;
  }
}

interface Step<T> {
  readonly length: number;
  readonly rotates: boolean;
  readonly serve: (index: number) => T | Promise<T>;
}

function serveNext<T>(
  positions: Map<string, number>,
  counter: string,
  step: Step<T>,
): T | undefined | Promise<T | undefined> {
  const { length, rotates, serve } = step;
  const position = positions.get(counter) ?? 0;
  if (length === 0 || (!rotates && position >= length)) return undefined;
  // In shared mode another, longer category may have moved the counter beyond this one's end.
  const index = position % length;
  const next = rotates ? (index + 1) % length : index + 1;
  const served = serve(index);
  if (!(served instanceof Promise)) {
    positions.set(counter, next);
    return served;
  }
  return served.then((value) => {
    positions.set(counter, next);
    return value;
  });
}

/** Makes `turn` the one the counter's next turn waits for, until it has ended either way. */
function queue(turns: Map<string, Promise<unknown>>, counter: string, turn: Promise<unknown>): void {
  const ended: Promise<void> = turn.then(forget, forget);
  turns.set(counter, ended);
  function forget(): void {
    if (turns.get(counter) === ended) turns.delete(counter);
  }
}
