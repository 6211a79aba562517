import { newYorkDate, previousTradingDay, tradingDay, tradingDays } from '../../src/core/calendar.js';
import { GexError } from '../../src/errors.js';
import type { TradeStationBar } from '../../src/feeds/tradestation/model.js';
import type { BarMarket, BarQuery } from '../../src/jobs/backfill-ask.js';

const MINUTE_MS = 60_000;

/** A vendor in memory whose prices follow from the time alone: the minute that ends at t closes at `priceAt(t)`. */
export interface FakeMarket extends BarMarket {
  readonly queries: BarQuery[];
  /** Calls of every kind. */
  calls(): number;
  /** Throws in place of an answer. */
  fault: ((query: BarQuery) => unknown) | undefined;
  /** Dates without any trade. */
  readonly silent: Set<string>;
}

interface FakeOptions {
  /** Expirations on the list. */
  readonly listed?: readonly string[];
  /** Expirations whose contracts have bars. */
  readonly traded?: readonly string[];
  readonly strikes?: readonly number[];
  /** Cash indices open at the last close. */
  readonly phantom?: boolean;
  readonly level?: number;
}

export const priceAt = (ms: number, level = 600): number => level + ((ms / MINUTE_MS) % 97) / 100;

export function fakeMarket(options: FakeOptions = {}): FakeMarket {
  const { listed = [], traded = listed, strikes = [], phantom = false, level = 600 } = options;
  const queries: BarQuery[] = [];
  let others = 0;
  const market: FakeMarket = {
    ...{ queries, silent: new Set<string>(), fault: undefined, calls: () => queries.length + others },
    bars: async (query) => {
      queries.push(query);
      const fault = market.fault?.(query);
      if (fault) throw fault;
      const contract = / (\d{2})(\d{2})(\d{2})[CP]([\d.]+)$/.exec(query.symbol);
      if (!contract) return barsOf(query, { level, phantom, lateMs: 0 }, market.silent);
      const [, year, month, day, strike] = contract;
      const expiration = `20${year}-${month}-${day}`;
      if (!traded.includes(expiration) || !strikes.includes(Number(strike))) {
        throw new GexError('missing', `no ${query.symbol}`);
      }
      return barsOf(query, { level: 5, phantom: false, lateMs: 15 * MINUTE_MS, until: expiration }, market.silent);
    },
    expirations: async () => {
      others += 1;
      return listed.map((date) => ({ date, type: 'Weekly' }));
    },
    strikes: async (_, date) => {
      others += 1;
      return listed.includes(date) ? strikes : [];
    },
  };
  return market;
}

interface Trading {
  readonly level: number;
  readonly phantom: boolean;
  /** How long trading goes on after the close. */
  readonly lateMs: number;
  readonly until?: string;
}

function barsOf(query: BarQuery, trading: Trading, silent: ReadonlySet<string>): TradeStationBar[] {
  const { unit, interval, fromMs, toMs } = query;
  if (unit === 'Minute' && (toMs - fromMs) / (interval * MINUTE_MS) > 57_600) throw new Error('too many bars');
  const first = newYorkDate(fromMs);
  const last = newYorkDate(toMs);
  const until = trading.until !== undefined && trading.until < last ? trading.until : last;
  const bars = until < first ? [] : tradingDays(first, until).flatMap((date) => sessionBars(date, query, trading));
  return bars.filter(({ endMs }) => endMs > fromMs && endMs <= toMs && !silent.has(newYorkDate(endMs)));
}

function sessionBars(date: string, { unit, interval }: BarQuery, { level, phantom, lateMs }: Trading) {
  const day = tradingDay(date);
  if (!day) return [];
  const endMs = day.closeMs + lateMs;
  if (unit !== 'Minute') return [bar(day.openMs, day.closeMs, level)];
  const bars: TradeStationBar[] = [];
  for (let fromMs = day.openMs; fromMs < endMs; fromMs += interval * MINUTE_MS) {
    bars.push(bar(fromMs, Math.min(endMs, fromMs + interval * MINUTE_MS), level));
  }
  const [opening, ...rest] = bars;
  const before = tradingDay(previousTradingDay(date));
  if (!phantom || !opening || !before) return bars;
  const open = priceAt(before.closeMs, level);
  return [{ ...opening, open, high: Math.max(opening.high, open), low: Math.min(opening.low, open) }, ...rest];
}

function bar(fromMs: number, endMs: number, level: number): TradeStationBar {
  const prices = [];
  for (let ms = fromMs; ms <= endMs; ms += MINUTE_MS) prices.push(priceAt(ms, level));
  return {
    ...{ endMs, open: priceAt(fromMs, level), close: priceAt(endMs, level), volume: 10, openInterest: 7 },
    ...{ high: Math.max(...prices), low: Math.min(...prices), closed: true, realtime: false, endOfHistory: false },
  };
}
