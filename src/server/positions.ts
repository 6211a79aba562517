import type { ClockState } from './clock.js';

/** Now, or after a round trip to the store. */
export type Soon<T> = T | Promise<T>;

/** What one turn asks of a counter. */
export interface Take {
  readonly apiKey: string;
  /** Any name: REST and sockets choose their own. */
  readonly counter: string;
  /** Records of the stream. */
  readonly length: number;
  /** At speed `max` of clock mode. */
  readonly jump?: Jump;
}

/** A turn that skips the records before `from`. When it `rotates` past the end, all positions of the key start over. */
export interface Jump {
  readonly from: number;
  readonly rotates: boolean;
}

/**
 * Where every API key is (contract section 4.2): a position per counter, and a clock in clock mode. The positions of
 * one loaded library; a store that does not answer rejects with `storage`.
 */
export interface Positions {
  /**
   * Serves the record at the counter's position and moves on. Undefined: no more records.
   * When `serve` throws or rejects, the position stays. Turns of one counter wait for each other.
   */
  take<T>(turn: Take, serve: (index: number) => Soon<T>): Soon<T | undefined>;
  /** Where a counter stands after something else than a turn moved it. */
  set(apiKey: string, positions: Iterable<readonly [counter: string, index: number]>): Soon<void>;
  /** Forgets the positions of one key, or of all, and the clocks with them; returns how many positions there were. */
  reset(apiKey?: string, what?: 'all' | 'positions'): Soon<number>;
  /** Counter -> next index. */
  of(apiKey: string): Soon<ReadonlyMap<string, number>>;
  /** The keys this process has served, the least recently used first. */
  keys(): Iterable<string>;
  /** The clock of a name, made by `start` when there is none yet. */
  clock(name: string, start: () => ClockState): Soon<ClockState>;
  setClock(name: string, state: ClockState): Soon<void>;
  /** Writes what is not yet written. */
  close(): Promise<void>;
}
