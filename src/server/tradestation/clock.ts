import type { Clock } from '../../io/ctx.js';

/** How time passes: by itself at a speed, standing still while connections live on, or only when it is advanced. */
export type ClockMode = 'running' | 'paused' | 'manual';

interface ClockState {
  readonly mode: ClockMode;
  /** Market milliseconds per millisecond of the wall, while running. */
  readonly speed: number;
  /** The market's instant, epoch ms. */
  readonly nowMs: number;
}

/**
 * Two times of the stand-in. Market time is the instant of prices and stamps; service time is what tokens, limits,
 * heartbeats and faults are measured in: wall time whatever the speed, and in manual mode what was advanced.
 */
export class SimulatedClock {
  readonly #wall: Clock;
  #marketMs: number;
  #serviceMs = 0;
  #sinceMs: number;
  #mode: ClockMode;
  #speed: number;

  constructor(wall: Clock, start: { readonly atMs: number; readonly speed: number; readonly mode: ClockMode }) {
    this.#wall = wall;
    this.#marketMs = start.atMs;
    this.#sinceMs = wall.now();
    this.#mode = start.mode;
    this.#speed = start.speed;
  }

  get marketMs(): number {
    return this.#settle().#marketMs;
  }

  /** Milliseconds since the start. */
  get serviceMs(): number {
    return this.#settle().#serviceMs;
  }

  get state(): ClockState {
    return { mode: this.#mode, speed: this.#speed, nowMs: this.marketMs };
  }

  /** Moves the market to an instant; service time stays. */
  set(atMs: number): void {
    this.#settle().#marketMs = atMs;
  }

  run(speed: number): void {
    this.#settle();
    this.#mode = 'running';
    this.#speed = speed;
  }

  hold(mode: 'paused' | 'manual'): void {
    this.#settle().#mode = mode;
  }

  /** Both times move on by `ms`. */
  advance(ms: number): void {
    this.#settle();
    this.#marketMs += ms;
    this.#serviceMs += ms;
  }

  #settle(): this {
    const nowMs = this.#wall.now();
    // A wall clock that was set back does not turn time round.
    const passedMs = Math.max(0, nowMs - this.#sinceMs);
    this.#sinceMs = nowMs;
    if (this.#mode === 'manual') return this;
    this.#serviceMs += passedMs;
    if (this.#mode === 'running') this.#marketMs += passedMs * this.#speed;
    return this;
  }
}
