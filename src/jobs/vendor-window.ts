import { newYorkDate } from '../core/calendar.js';
import { plusDays } from '../core/dates.js';
import { DAY_MS } from '../core/holidays.js';

/** The vendor keeps this many days, today not counted (GexBot contract section 2.1). */
export const VENDOR_DAYS = 90;

/** The oldest date that the vendor still keeps. */
export function oldestKept(nowMs: number): string {
  return plusDays(newYorkDate(nowMs), -VENDOR_DAYS);
}

/** Days until the vendor drops a date: 0 on the last day on which it can be had. */
export function daysLeft(date: string, nowMs: number): number {
  return Math.round((Date.parse(date) - Date.parse(oldestKept(nowMs))) / DAY_MS);
}
