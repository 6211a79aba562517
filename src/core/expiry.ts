import { type Calendar, dayOf, FIRST_YEAR, LAST_YEAR, newYorkDate } from './calendar.js';
import type { Expiry, Settlement } from './model.js';
import { expiryInstant, settlementOf } from './settlement.js';

/** A date (`YYYY-MM-DD`), an instant in epoch ms, or nothing but a year fraction. */
export type ExpiryTerm = { readonly date: string } | { readonly expiryMs: number } | { readonly years: number };

/** The expiry of a root that a source states in some form; undefined when it is no date or outside the calendar. */
export function describeExpiry(
  root: string,
  term: ExpiryTerm,
  settlement: Settlement | undefined,
  calendar: Calendar,
): Expiry | undefined {
  if ('years' in term) {
    if (!Number.isFinite(term.years)) return undefined;
    return { label: `t=${term.years}`, root, settlement: settlement ?? 'pm', expiryMs: Number.NaN, years: term.years };
  }
  const label = 'date' in term ? term.date : isInstant(term.expiryMs) ? newYorkDate(term.expiryMs) : '';
  if (!isCalendarDate(label)) return undefined;
  const settles = settlement ?? settlementOf(root, label, calendar);
  const expiryMs = 'date' in term ? expiryInstant(root, label, settles, calendar) : term.expiryMs;
  return { label, root, settlement: settles, expiryMs };
}

const isInstant = (ms: number): boolean => Math.abs(ms) <= 8.64e15;

function isCalendarDate(date: string): boolean {
  const year = Number(date.slice(0, 4));
  return dayOf(date) !== undefined && year >= FIRST_YEAR && year <= LAST_YEAR;
}
