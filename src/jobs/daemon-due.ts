import { plusDays } from '../core/dates.js';
import type { Schedule } from './daemon-schedule.js';
import { daysLeft, VENDOR_DAYS } from './vendor-window.js';

/** A date with cells that are not held: how many, by what is known of them. */
export interface Hole {
  readonly date: string;
  /** Never asked for, or lost from the archive since. */
  readonly unknown: number;
  /** The vendor said it has none (404). */
  readonly missing: number;
  /** The last attempt failed. */
  readonly failed: number;
}

/** What the vendor has not published this many days after a session is asked for again with each run, and no longer awaited. */
const PUBLISHED_DAYS = 3;

/** Whether a hole is worth another attempt soon: something failed, was never asked for, or may be published late. */
export function isOpen({ date, unknown, failed }: Hole, nowMs: number): boolean {
  return unknown + failed > 0 || VENDOR_DAYS - daysLeft(date, nowMs) <= PUBLISHED_DAYS;
}

export const CATCH_UP_MODES = ['none', 'one', 'recent', 'all'] as const;

/** Which sessions before the newest one a run takes up. */
export type CatchUp = (typeof CATCH_UP_MODES)[number];

/** `recent` looks this many days back from the newest session. */
const RECENT_DAYS = 7;

interface Choice {
  readonly catchUp: CatchUp;
  /** Most sessions before the newest one that a run takes up. */
  readonly maxCatchUp: number;
}

/** Dates a run takes up at an instant, the one the vendor drops first in front. */
export function datesToRun(holes: readonly Hole[], schedule: Schedule, nowMs: number, choice: Choice): string[] {
  const newest = schedule.last(nowMs).date;
  const sorted = [...holes].sort((a, b) => (a.date < b.date ? -1 : 1));
  const earlier = sorted.filter(({ date }) => date < newest);
  // What is open comes first when not everything may be taken up; then the order is that of the dates again.
  const ranked = [...earlier.filter((hole) => isOpen(hole, nowMs)), ...earlier.filter((hole) => !isOpen(hole, nowMs))];
  const taken = takenUp(
    ranked.map(({ date }) => date),
    newest,
    choice,
  );
  return [...taken.sort(), ...(sorted.at(-1)?.date === newest ? [newest] : [])];
}

function takenUp(dates: readonly string[], newest: string, { catchUp, maxCatchUp }: Choice): string[] {
  if (catchUp === 'none') return [];
  if (catchUp === 'one') return dates.slice(0, Math.min(1, maxCatchUp));
  const from = catchUp === 'recent' ? plusDays(newest, -RECENT_DAYS) : '';
  return dates.filter((date) => date >= from).slice(0, maxCatchUp);
}
