import { newYorkInstant, type TradingDay } from '../core/calendar.js';
import { GexError } from '../errors.js';

/** A time of day in New York. */
export interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

export interface RecordTimeOptions {
  /** Between two records; whole seconds. */
  readonly intervalMs: number;
  /** Between two instants whose exposures by strike go to the store; whole seconds. */
  readonly exposureIntervalMs: number;
  /** First and last record, default the whole session. */
  readonly start?: TimeOfDay;
  readonly end?: TimeOfDay;
}

/** When records are taken: from the open (or `start`), the last one before the close (or at `end`). */
export interface RecordTimes {
  readonly fromMs: number;
  /** Inclusive. */
  readonly toMs: number;
  readonly intervalMs: number;
  readonly exposureIntervalMs: number;
}

const SECOND_MS = 1000;

/** The times of a session's records; GexError `usage` for parts of seconds and times outside the session. */
export function recordTimes(day: TradingDay, options: RecordTimeOptions): RecordTimes {
  const { intervalMs, exposureIntervalMs } = options;
  for (const [name, ms] of Object.entries({ intervalMs, exposureIntervalMs })) {
    if (ms >= SECOND_MS && ms % SECOND_MS === 0) continue;
    throw new GexError('usage', `${name} is ${ms} ms: sessions are made second by second, give whole seconds.`);
  }
  const at = (time: TimeOfDay | undefined, otherwise: number): number =>
    time ? newYorkInstant(day.date, time.hour, time.minute, time.second) : otherwise;
  const fromMs = at(options.start, day.openMs);
  // At the close itself the nearest expiry has settled: the last record is one second earlier.
  const toMs = Math.min(at(options.end, day.closeMs), day.closeMs - SECOND_MS);
  if (fromMs >= day.openMs && fromMs <= toMs) return { fromMs, toMs, intervalMs, exposureIntervalMs };
  const clock = (ms: number) => new Date(ms).toISOString();
  throw new GexError(
    'usage',
    `No record between ${clock(fromMs)} and ${clock(toMs)}: the session of ${day.date} runs from ${clock(day.openMs)} to ${clock(day.closeMs)}.`,
  );
}
