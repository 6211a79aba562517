import {
  newYorkDate,
  newYorkInstant,
  previousTradingDay,
  type TradingDay,
  tradingDay,
} from '../../../core/calendar.js';
import type { SynthTicker } from '../../../core/synth/tickers.js';

const HOUR_MS = 3_600_000;
/** Options on indexes and funds trade a quarter of an hour longer than their underlying. */
const LATE_CLOSE_MS = 15 * 60_000;

export const isIndex = ({ sector }: SynthTicker): boolean => sector === 'Index';

/** Stocks and funds trade before and after the session; indexes and their futures views print inside it only. */
export const tradesExtended = ({ sector }: SynthTicker): boolean => sector !== 'Index' && sector !== 'Future';

/** 04:00 New York of a session's date. */
export const preMarketMs = (day: TradingDay): number => newYorkInstant(day.date, 4, 0);

/** Four hours after the close: 20:00, or 17:00 on half days. */
export const postMarketMs = (day: TradingDay): number => day.closeMs + 4 * HOUR_MS;

/** When the last option of a ticker stops trading; those that settle that day stop at the close. */
export function optionsCloseMs({ sector }: SynthTicker, day: TradingDay): number {
  return sector === 'Index' || sector === 'Fund' ? day.closeMs + LATE_CLOSE_MS : day.closeMs;
}

/** The session whose figures are the newest at an instant: today's from its open on, else the one before. */
export function currentSession(atMs: number): TradingDay {
  const date = newYorkDate(atMs);
  const today = tradingDay(date);
  return today && atMs >= today.openMs ? today : sessionBefore(date);
}

/** The session whose contracts are listed at an instant: the day's own, or before weekends and holidays end the last one. */
export function listedSession(atMs: number): TradingDay {
  const date = newYorkDate(atMs);
  return tradingDay(date) ?? sessionBefore(date);
}

export function sessionBefore(date: string): TradingDay {
  const day = tradingDay(previousTradingDay(date));
  if (!day) throw new RangeError(`the calendar has no session before ${date}`);
  return day;
}

/** The index of the second of a session at an instant; the first or last one outside it. */
export function secondOf(day: TradingDay, atMs: number): number {
  const seconds = Math.round((day.closeMs - day.openMs) / 1000);
  return Math.min(seconds - 1, Math.max(0, Math.floor((atMs - day.openMs) / 1000)));
}
