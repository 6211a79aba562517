import { GexError } from '../errors.js';
import type { Clock } from '../io/ctx.js';
import { type ClockState, changed, elapsedAt, type Speed } from './clock.js';
import type { Positions } from './positions.js';
import type { Timeline } from './timeline.js';

/** `key`: the clock of an API key starts with its first request; `shared`: one clock for all, from the start of the server. */
export type ClockOwner = 'key' | 'shared';

export interface ClockOptions {
  readonly owner: ClockOwner;
  /** Of clocks nobody has changed yet. */
  readonly speed: Speed;
  readonly loop: boolean;
}

export interface ClockReading {
  readonly instantMs: number;
  readonly state: ClockState;
  /** At the last record, for good. */
  readonly ended: boolean;
}

/** What a clock is told; `toMs` is an instant of the records. */
export interface ClockChange {
  readonly toMs?: number;
  readonly speed?: Speed;
  readonly paused?: boolean;
  readonly loop?: boolean;
}

/** The name under which the shared clock is kept; no API key is empty. */
const SHARED = '';

/** The clocks of clock mode: each API key's own, or one for all. */
export class Clocks {
  readonly owner: ClockOwner;
  readonly timeline: Timeline;
  readonly #positions: Positions;
  readonly #clock: Clock;
  readonly #start: () => ClockState;

  constructor(timeline: Timeline, positions: Positions, clock: Clock, { owner, speed, loop }: ClockOptions) {
    this.owner = owner;
    this.timeline = timeline;
    this.#positions = positions;
    this.#clock = clock;
    this.#start = () => ({ elapsedMs: 0, sinceMs: clock.now(), speed, paused: false, loop });
  }

  /** Starts the shared clock with the server. */
  async open(): Promise<void> {
    if (this.owner === 'shared') await this.#positions.clock(SHARED, this.#start);
  }

  /** The instant a key's clock has reached. */
  async read(apiKey: string): Promise<ClockReading> {
    return this.#reading(await this.#positions.clock(this.#name(apiKey), this.#start));
  }

  /** Changes the clock of a key, or the shared one (no key). Throws `usage` when the key is missing or one too many. */
  async change(apiKey: string | undefined, { toMs, ...change }: ClockChange): Promise<ClockReading> {
    if (this.owner === 'key' && apiKey === undefined) {
      throw new GexError('usage', 'Every API key has its own clock here: name one as "key".');
    }
    if (this.owner === 'shared' && apiKey !== undefined) {
      throw new GexError('usage', 'One clock is shared by every API key here: leave "key" out.');
    }
    const name = this.#name(apiKey ?? SHARED);
    const before = await this.#positions.clock(name, this.#start);
    const { lengthMs } = this.timeline;
    const elapsed = toMs === undefined ? {} : { elapsedMs: this.timeline.elapsedAt(toMs) };
    const after = changed(before, { ...change, ...elapsed }, { nowMs: this.#clock.now(), lengthMs });
    await this.#positions.setClock(name, after);
    return this.#reading(after);
  }

  /** At speed `max`: time is where the record just served is. */
  async reach(apiKey: string, instantMs: number): Promise<void> {
    const elapsedMs = this.timeline.elapsedAt(instantMs);
    const name = this.#name(apiKey);
    const state = await this.#positions.clock(name, this.#start);
    if (state.elapsedMs !== elapsedMs) await this.#positions.setClock(name, { ...state, elapsedMs });
  }

  #name(apiKey: string): string {
    return this.owner === 'shared' ? SHARED : apiKey;
  }

  #reading(state: ClockState): ClockReading {
    const { lengthMs } = this.timeline;
    const elapsedMs = elapsedAt(state, this.#clock.now(), lengthMs);
    return { instantMs: this.timeline.instantAt(elapsedMs), state, ended: elapsedMs >= lengthMs };
  }
}
