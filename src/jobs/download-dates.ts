import { holidayOn, newYorkDate, nextTradingDay, previousTradingDay, tradingDay } from '../core/calendar.js';
import { plusDays } from '../core/dates.js';
import { GexError } from '../errors.js';
import { oldestKept } from './vendor-window.js';

/** Which dates are asked for: one, a range with both ends, or the days before today. */
export type DateRequest = { readonly first: string; readonly last: string } | { readonly lookback: number };

interface SkippedDate {
  readonly date: string;
  /** `Saturday`, the name of a holiday, or why there is nothing yet. */
  readonly reason: string;
}

/** The sessions among the dates that are asked for, ascending, and what is left out. */
interface DownloadDates {
  readonly dates: readonly string[];
  readonly skipped: readonly SkippedDate[];
  /** Sessions, among `dates`, that the vendor no longer keeps. */
  readonly old: readonly string[];
}

const WEEKEND = ['Sunday', '', '', '', '', '', 'Saturday'];

/**
 * The sessions of a request that are over at an instant. GexError `usage` when the range runs backwards, `missing`
 * (`no market days`) when nothing is left; it says why and names the nearest sessions.
 */
export function downloadDates(request: DateRequest, nowMs: number): DownloadDates {
  const today = newYorkDate(nowMs);
  const { first, last } = 'lookback' in request ? daysBefore(today, request.lookback) : request;
  if (last < first) throw new GexError('usage', `${last} is before ${first}: give the first date first`);
  const dates: string[] = [];
  const skipped: SkippedDate[] = [];
  for (let date = first; date <= last; date = plusDays(date, 1)) {
    const reason = whyNot(date, today, nowMs);
    if (reason === undefined) dates.push(date);
    else skipped.push({ date, reason });
  }
  if (dates.length === 0) throw nothingLeft(first, last, skipped);
  const oldest = oldestKept(nowMs);
  return { dates, skipped, old: dates.filter((date) => date < oldest) };
}

function daysBefore(today: string, days: number): { first: string; last: string } {
  return { first: plusDays(today, -days), last: plusDays(today, -1) };
}

function whyNot(date: string, today: string, nowMs: number): string | undefined {
  const session = tradingDay(date);
  if (session === undefined) return holidayOn(date) ?? WEEKEND[new Date(`${date}T00:00:00Z`).getUTCDay()];
  if (date > today) return 'in the future';
  if (nowMs < session.closeMs)
    return `its session ends at ${new Date(session.closeMs).toISOString().slice(11, 16)} UTC`;
  return undefined;
}

function nothingLeft(first: string, last: string, skipped: readonly SkippedDate[]): GexError {
  const span = first === last ? `on ${first}` : `from ${first} to ${last}`;
  const reasons = [...new Set(skipped.map(({ reason }) => reason))].join(', ');
  const near = `the sessions around are ${previousTradingDay(first)} and ${nextTradingDay(last)}`;
  return new GexError('missing', `no market days ${span} (${reasons}); ${near}`);
}
