/** Record time per wall time; `max`: time moves on to the next record with every request. */
export type Speed = number | 'max';

/** A clock over the record time line, as it is kept: where it stood at a moment, and how it goes on from there. */
export interface ClockState {
  /** Milliseconds of the time line behind it at `sinceMs`. */
  readonly elapsedMs: number;
  /** Epoch milliseconds of the wall clock. */
  readonly sinceMs: number;
  readonly speed: Speed;
  readonly paused: boolean;
  /** Start over at the end; otherwise the clock stands at the last record. */
  readonly loop: boolean;
}

/** Milliseconds of a line of `lengthMs` that a clock has behind it at a moment of the wall clock. */
export function elapsedAt(
  { elapsedMs, sinceMs, speed, paused, loop }: ClockState,
  nowMs: number,
  lengthMs: number,
): number {
  // A wall clock that was set back does not turn time round.
  const passedMs = paused || speed === 'max' ? 0 : Math.max(0, nowMs - sinceMs) * speed;
  const reachedMs = elapsedMs + passedMs;
  return loop ? reachedMs % lengthMs : Math.min(reachedMs, lengthMs);
}

/** The same clock, changed from `nowMs` on. */
export function changed(
  state: ClockState,
  change: Partial<Omit<ClockState, 'sinceMs'>>,
  { nowMs, lengthMs }: { readonly nowMs: number; readonly lengthMs: number },
): ClockState {
  return { ...state, elapsedMs: elapsedAt(state, nowMs, lengthMs), ...change, sinceMs: nowMs };
}
