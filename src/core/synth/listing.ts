import { nextTradingDay, previousTradingDay, type TradingDay, tradingDay, tradingDays } from '../calendar.js';
import { plusDays } from '../dates.js';
import { DAY_MS } from '../holidays.js';
import type { ContractTable, Expiry } from '../model.js';
import { formatOcc } from '../occ.js';
import { expiryInstant } from '../settlement.js';
import type { SynthTicker } from './tickers.js';

/** Sessions with an expiry of their own, counted from today, for tickers with daily expiries. */
const DAILY_EXPIRIES = 6;
const WEEKLY_EXPIRIES = 5;
/** Months ahead whose third Friday is listed. */
const MONTHLY_EXPIRIES = [0, 1, 2, 3, 6, 12] as const;

/** Trading time of a year: 252 sessions of 6.5 hours. */
export const TRADING_YEAR_MS = 252 * 6.5 * 3_600_000;

/**
 * What is listed on one session, fixed for the day. Row 2p is the call and row 2p + 1 the put of pair p; pairs run by
 * expiry, strikes ascending.
 */
export interface Listing {
  readonly contracts: ContractTable;
  /** Pairs of expiry i: [first[i], first[i + 1]). */
  readonly firstPair: Int32Array;
  /** Milliseconds of trading time between the close of this session and each expiry. */
  readonly laterTradingMs: Float64Array;
}

/** The contracts of a ticker on a session that opens at `open`: expiries by the real calendar, strikes around the open. */
export function listContracts(ticker: SynthTicker, day: TradingDay, open: number): Listing {
  const expiries = listExpiries(ticker, day);
  const strikesOf = expiries.map((expiry) => {
    const years = (expiry.expiryMs - day.openMs) / (365 * DAY_MS);
    return listStrikes(ticker, open, years);
  });
  const pairs = strikesOf.reduce((sum, strikes) => sum + strikes.length, 0);
  const columns = {
    symbol: new Array<string>(2 * pairs).fill(''),
    strike: new Float64Array(2 * pairs),
    side: new Int8Array(2 * pairs),
    expiry: new Uint16Array(2 * pairs),
    multiplier: new Float64Array(2 * pairs).fill(100),
  };
  const firstPair = new Int32Array(expiries.length + 1);
  let pair = 0;
  for (const [index, expiry] of expiries.entries()) {
    firstPair[index] = pair;
    for (const strike of strikesOf[index] ?? []) {
      for (const [row, right] of [
        [2 * pair, 'C'],
        [2 * pair + 1, 'P'],
      ] as const) {
        columns.symbol[row] = formatOcc({ root: expiry.root, date: expiry.label, right, strike }) ?? '';
        columns.strike[row] = strike;
        columns.side[row] = right === 'C' ? 1 : -1;
        columns.expiry[row] = index;
      }
      pair += 1;
    }
  }
  firstPair[expiries.length] = pair;
  const laterTradingMs = Float64Array.from(expiries, (expiry) => tradingMsAfter(day, expiry));
  return { contracts: { length: 2 * pairs, ...columns, expiries }, firstPair, laterTradingMs };
}

/** Expiries that are alive after the open of the session, by settlement instant. */
function listExpiries(ticker: SynthTicker, day: TradingDay): Expiry[] {
  const dates = new Set<string>();
  if (ticker.expiries === 'daily') {
    for (let date = day.date, n = 0; n < DAILY_EXPIRIES; n++, date = nextTradingDay(date)) dates.add(date);
  }
  for (let week = 0; week < WEEKLY_EXPIRIES; week++) dates.add(sessionAtOrBefore(fridayOf(day.date, week)));
  const monthly = MONTHLY_EXPIRIES.map((months) => sessionAtOrBefore(thirdFriday(day.date, months)));
  for (const date of monthly) dates.add(date);

  const expiries: Expiry[] = [];
  const list = (root: string, date: string, settlement: 'am' | 'pm'): void => {
    const expiryMs = expiryInstant(root, date, settlement);
    if (expiryMs > day.openMs) expiries.push({ label: date, root, settlement, expiryMs });
  };
  for (const date of dates) list(ticker.pmRoot, date, 'pm');
  if (ticker.amRoot) for (const date of monthly) list(ticker.amRoot, date, 'am');
  return expiries.sort((a, b) => a.expiryMs - b.expiryMs);
}

/**
 * Strikes at every step near the open, then at five steps to 0.6 and at twenty to 1.2 yearly standard deviations, cut
 * where an expiry that close could not reach.
 */
function listStrikes(ticker: SynthTicker, open: number, years: number): number[] {
  const { strikeStep, nearSteps, volatility } = ticker;
  const centre = Math.round(open / strikeStep);
  const reach = Math.max(nearSteps, (6 * volatility * Math.sqrt(years) * open) / strikeStep);
  const strikes: number[] = [];
  const zones = [
    { every: 1, to: nearSteps },
    { every: 5, to: Math.floor((0.6 * volatility * open) / strikeStep) },
    { every: 20, to: Math.floor((1.2 * volatility * open) / strikeStep) },
  ];
  for (let steps = Math.max(1, centre - Math.floor(reach)); steps <= centre + reach; steps++) {
    const away = Math.abs(steps - centre);
    if (zones.some(({ every, to }) => away <= to && steps % every === 0)) strikes.push(steps * strikeStep);
  }
  return strikes;
}

/** Trading time from the close of a session to an expiry: whole sessions, the last one only where it settles at its close. */
function tradingMsAfter(day: TradingDay, expiry: Expiry): number {
  let total = 0;
  for (const date of tradingDays(nextTradingDay(day.date), expiry.label)) {
    const session = tradingDay(date);
    if (session && session.closeMs <= expiry.expiryMs) total += session.closeMs - session.openMs;
  }
  return total;
}

function sessionAtOrBefore(date: string): string {
  return tradingDay(date) ? date : previousTradingDay(date);
}

/** The Friday of the week `weeks` after the one that `date` is in; from Saturday on, weeks count from the next one. */
function fridayOf(date: string, weeks: number): string {
  const weekday = new Date(`${date}T12:00:00Z`).getUTCDay();
  return plusDays(date, ((5 - weekday + 7) % 7) + 7 * weeks);
}

function thirdFriday(date: string, monthsAhead: number): string {
  const first = new Date(`${date.slice(0, 8)}01T12:00:00Z`);
  first.setUTCMonth(first.getUTCMonth() + monthsAhead);
  return fridayOf(first.toISOString().slice(0, 10), 2);
}
