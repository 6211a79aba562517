import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isTradingDay, newYorkDate, previousTradingDay } from '../core/calendar.js';
import { plusDays } from '../core/dates.js';
import type { Ctx } from '../io/ctx.js';
import { openStore } from '../stores/sql/open.js';
import { QUANT_TICKERS, TICKERS } from '../wire/catalogue.js';
import { readChainText } from '../wire/chain-text.js';

/** Days of the window after its first (contract section 1.5, row 9). */
const WINDOW_DAYS = 90;
/** How far ahead each kind of expiry is usually listed, in days; third weeks go on to the end of the window. */
const DAILY_DAYS = 35;
const WEEKLY_DAYS = 56;
/** Underlyings with an expiry on every session near by. */
const DAILY = ['SPX', 'XSP', 'NDX', 'RUT', 'SPY', 'QQQ', 'IWM'];
/** Chains without dates (of models) have other labels. */
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const [WEDNESDAY, FRIDAY] = [3, 5];

/** Underlyings the vendor lists expiries of: no futures views, no roots that are part of an index. */
export const OPTION_TICKERS: readonly string[] = [
  ...TICKERS.index,
  ...TICKERS.stock,
  ...QUANT_TICKERS.index,
  ...QUANT_TICKERS.stock,
];

interface Window {
  /** `YYYY-MM-DD`, both included. */
  readonly start: string;
  readonly end: string;
}

/** The current date in New York and the 90 days after it. */
export function expiryWindow(nowMs: number): Window {
  const start = newYorkDate(nowMs);
  return { start, end: plusDays(start, WINDOW_DAYS) };
}

/** Expiries in the window by the usual rules of listing and the calendar: without a chain at hand, the best guess. */
export function usualExpiries(ticker: string, { start, end }: Window): string[] {
  const weekly = ticker === 'VIX' ? WEDNESDAY : FRIDAY;
  const dates = new Set<string>();
  for (let ahead = 0, date = start; date <= end; ahead++, date = plusDays(start, ahead)) {
    const weekday = new Date(`${date}T00:00:00Z`).getUTCDay();
    const day = Number(date.slice(8));
    const isDaily = DAILY.includes(ticker) && ahead <= DAILY_DAYS && weekday > 0 && weekday < 6;
    const isWeekly = weekday === weekly && (ahead <= WEEKLY_DAYS || (day > 14 && day <= 21));
    const session = isTradingDay(date) ? date : previousTradingDay(date);
    if ((isDaily || isWeekly) && session >= start) dates.add(session);
  }
  return [...dates].sort();
}

/** An older chain lacks what was listed since. */
const MAX_CHAIN_AGE_DAYS = 7;

/** Expiries in the window of the newest chain in the archive's gex.db; empty without one of the last week. */
export async function storedExpiries(
  root: string,
  ticker: string,
  { start, end }: Window,
  ctx: Ctx,
): Promise<string[]> {
  const database = join(root, 'gex.db');
  if (!existsSync(database)) return [];
  try {
    const store = await openStore(database);
    try {
      const stored = await store.chains.latest(ticker);
      if (stored === undefined || newYorkDate(stored.asOfMs) < plusDays(start, -MAX_CHAIN_AGE_DAYS)) return [];
      const { contracts } = readChainText(stored.document, `the stored chain of ${ticker}`);
      const dates = new Set(contracts.expiries.map((expiry) => expiry.label));
      return [...dates].filter((date) => DATE.test(date) && date >= start && date <= end).sort();
    } finally {
      await store.close();
    }
  } catch (error) {
    ctx.log.warn(`the stored chain of ${ticker} cannot be read, its expiries are taken from the calendar`, { error });
    return [];
  }
}
