import type { Moment } from '../config/times.js';
import { newYorkInstant, tradingDay } from '../core/calendar.js';

/** Epoch milliseconds of a moment; a date alone is the close of its session, or 16:00 where there is none. */
export function instantOf(moment: Moment): number {
  if (moment.zone === 'utc') return moment.ms;
  const { date, time } = moment;
  if (!time) return tradingDay(date)?.closeMs ?? newYorkInstant(date, 16, 0);
  return newYorkInstant(date, time.hour, time.minute, time.second);
}
