import { DAY_MS } from './holidays.js';

/** The calendar date so many days later, or earlier (`YYYY-MM-DD`). */
export function plusDays(date: string, days: number): string {
  return new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10);
}
