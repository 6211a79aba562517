import { type Calendar, NYSE } from './calendar.js';
import { DAY_MS, nthWeekday } from './holidays.js';
import type { Settlement } from './model.js';

/** The clock of the engine: time to expiry in seconds over a year of 365 days. */
export const MS_PER_YEAR = 365 * DAY_MS;

/** Year fraction from one instant to another, both epoch ms; negative after expiry. */
export function yearsBetween(asOfMs: number, expiryMs: number): number {
  return (expiryMs - asOfMs) / MS_PER_YEAR;
}

interface RootRow {
  readonly root: string;
  readonly underlying: string;
  /** Which expiries settle on the opening print. */
  readonly opening: 'never' | 'third-friday' | 'always';
}

const row = (root: string, underlying: string, opening: RootRow['opening']): RootRow => ({ root, underlying, opening });

/** Index option roots. Every root that is not here is a stock or fund: settled at the close, its own underlying. Source: Cboe and Nasdaq contract specifications. */
const INDEX_ROOTS: readonly RootRow[] = [
  row('SPX', 'SPX', 'third-friday'),
  row('SPXW', 'SPX', 'never'),
  row('SPXPM', 'SPX', 'never'),
  row('XSP', 'XSP', 'never'),
  row('NDX', 'NDX', 'third-friday'),
  row('NDXP', 'NDX', 'never'),
  row('XND', 'XND', 'never'),
  row('RUT', 'RUT', 'third-friday'),
  row('RUTW', 'RUT', 'never'),
  row('MRUT', 'MRUT', 'never'),
  row('DJX', 'DJX', 'third-friday'),
  row('OEX', 'OEX', 'never'),
  row('XEO', 'XEO', 'never'),
  row('VIX', 'VIX', 'always'),
  row('VIXW', 'VIX', 'always'),
];

const rows = new Map(INDEX_ROOTS.map((entry) => [entry.root, entry]));
const indexes = new Set(INDEX_ROOTS.map((entry) => entry.underlying));

/** The underlying of an option root: SPXW -> SPX, adjusted roots without their digit (AAPL1 -> AAPL), else the root itself. */
export function underlyingOf(root: string): string {
  return rows.get(root)?.underlying ?? root.replace(/(?<=[A-Z])\d$/, '');
}

/** True for roots whose contracts were changed by a split, merger or special dividend (AAPL1). */
export function isAdjustedRoot(root: string): boolean {
  return !rows.has(root) && /[A-Z]\d$/.test(root);
}

/** True for underlyings that are indexes (SPX, VIX, ...). */
export function isIndex(underlying: string): boolean {
  return indexes.has(underlying);
}

/** How the options of a root that expire on a date (`YYYY-MM-DD`) settle. */
export function settlementOf(root: string, date: string, calendar: Calendar = NYSE): Settlement {
  const opening = rows.get(root)?.opening ?? 'never';
  if (opening === 'never') return 'pm';
  if (opening === 'always') return 'am';
  return settlementDay(date, calendar) === settlementDay(thirdFriday(date), calendar) ? 'am' : 'pm';
}

/**
 * Settlement instant in epoch ms: the open or the close (13:00 on short days) of the expiry's session in New York. An expiry
 * on a day without session settles on the session before it; so do the Saturdays that symbols named until 2015.
 */
export function expiryInstant(root: string, date: string, settlement?: Settlement, calendar: Calendar = NYSE): number {
  const day = calendar.tradingDay(settlementDay(date, calendar));
  if (day === undefined) return Number.NaN;
  return (settlement ?? settlementOf(root, date, calendar)) === 'am' ? day.openMs : day.closeMs;
}

function settlementDay(date: string, calendar: Calendar): string {
  return calendar.isTradingDay(date) ? date : calendar.previousTradingDay(date);
}

function thirdFriday(date: string): string {
  const day = nthWeekday(Number(date.slice(0, 4)), Number(date.slice(5, 7)), 5, 3);
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
