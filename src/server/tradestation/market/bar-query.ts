import { newYorkDate, previousTradingDay, type TradingDay, tradingDay, tradingDays } from '../../../core/calendar.js';
import type { SynthTicker } from '../../../core/synth/tickers.js';
import type { Instrument } from '../symbols.js';
import { joinBars, type MarketBar, minuteBars } from './bar-table.js';
import { isIndex, postMarketMs, preMarketMs, secondOf, tradesExtended } from './hours.js';
import type { Market } from './market.js';

export const BAR_UNITS = ['Minute', 'Daily', 'Weekly', 'Monthly'] as const;
export type BarUnit = (typeof BAR_UNITS)[number];

const TEMPLATES = {
  Default: { pre: false, post: false },
  USEQPre: { pre: true, post: false },
  USEQPost: { pre: false, post: true },
  USEQPreAndPost: { pre: true, post: true },
  USEQ24Hour: { pre: true, post: true },
} as const;
export type SessionTemplate = keyof typeof TEMPLATES;
export const SESSION_TEMPLATES = Object.keys(TEMPLATES) as readonly SessionTemplate[];

/** Bars of more than this many per request are refused for minutes (contract section 5.2). */
export const MOST_MINUTE_BARS = 57_600;
/** Sessions of history behind the instant asked: three years. */
const HISTORY_SESSIONS = 756;

export interface BarQuery {
  readonly instrument: Extract<Instrument, { kind: 'underlying' | 'option' }>;
  readonly unit: BarUnit;
  /** Minutes per bar; 1 for other units. */
  readonly interval: number;
  readonly template: SessionTemplate;
  /** The newest instant that is known: nothing after it exists. */
  readonly nowMs: number;
  /** Bars end at or before it. */
  readonly lastMs: number;
  /** Either a number of bars, or the earliest end of one. */
  readonly range: { readonly back: number } | { readonly firstMs: number };
}

/** A bar with what it says of its own state; `open`: later trades can still change it. */
export interface ServedBar extends MarketBar {
  readonly isOpen: boolean;
  readonly openInterest: number;
}

/**
 * Bars of a query, oldest first. A bar's `endMs` is its stamp: the end of the interval, or of the session before it.
 * `pause` runs after each session read, so that long queries leave others room.
 */
export async function queryBars(market: Market, query: BarQuery, pause: () => Promise<void>): Promise<ServedBar[]> {
  const limit = Math.min(query.lastMs, query.nowMs);
  const bars: ServedBar[] = [];
  let date = newYorkDate(limit);
  for (let sessions = 0; sessions < HISTORY_SESSIONS; ) {
    const day = tradingDay(date);
    if (day) {
      sessions += 1;
      const own = served(market, query, day);
      if ('back' in query.range && enough(bars, own.length, query)) {
        bars.unshift(...own);
        break;
      }
      bars.unshift(...own);
      if ('firstMs' in query.range && day.openMs - 86_400_000 < query.range.firstMs && before(query, day)) break;
      await pause();
    }
    date = previousTradingDay(date);
  }
  const joined = query.unit === 'Weekly' || query.unit === 'Monthly' ? joinSessions(bars, query) : bars;
  // The bar that is being built ends after now; every other one has to end by `lastMs`.
  const known = joined.filter((bar) => bar.endMs <= query.lastMs || (bar.isOpen && query.lastMs >= query.nowMs));
  if ('back' in query.range) return known.slice(-query.range.back);
  const { firstMs } = query.range;
  return known.filter((bar) => bar.endMs >= firstMs);
}

/** Whether the sessions read so far hold as many bars as were asked for; weeks and months need whole ones. */
function enough(bars: readonly ServedBar[], more: number, { unit, range }: BarQuery): boolean {
  if (!('back' in range)) return false;
  const sessionsPerBar = { Minute: 1, Daily: 1, Weekly: 5, Monthly: 23 }[unit];
  return bars.length + more > (range.back + 1) * sessionsPerBar;
}

/** Whether a session lies wholly before the window, weeks and months included. */
function before({ range, unit }: BarQuery, day: TradingDay): boolean {
  const slackDays = { Minute: 0, Daily: 0, Weekly: 7, Monthly: 31 }[unit];
  return 'firstMs' in range && day.openMs + slackDays * 86_400_000 < range.firstMs;
}

/** The bars of one session up to now. */
function served(market: Market, query: BarQuery, day: TradingDay): ServedBar[] {
  const { unit, nowMs, instrument } = query;
  if (nowMs < preMarketMs(day)) return [];
  const openInterest = openInterestOf(market, query, day);
  const parts = sessionMinutes(market, query, day);
  const groups = unit === 'Minute' ? parts.flatMap((part) => intervals(part, query.interval)) : [wholeSession(parts)];
  return groups.flatMap(({ bars, startMs, endMs }) => {
    const joined = joinBars(bars, startMs, endMs);
    if (!joined) return [];
    const phantom =
      unit === 'Minute' && startMs === day.openMs && instrument.kind === 'underlying' && isIndex(instrument.ticker);
    const bar = phantom ? openedAt(joined, market.previousClose(instrument.ticker, day.date)) : joined;
    return [{ ...bar, isOpen: endMs > nowMs, openInterest }];
  });
}

interface Part {
  readonly startMs: number;
  readonly endMs: number;
  readonly bars: readonly MarketBar[];
}

/** The minutes of each part of a day that the template shows. Daily bars and longer ones are of the regular session. */
function sessionMinutes(market: Market, { instrument, unit, template, nowMs }: BarQuery, day: TradingDay): Part[] {
  const regular = { startMs: day.openMs, endMs: day.closeMs };
  if (instrument.kind === 'option') {
    return [{ ...regular, bars: optionMinutes(market, instrument.ticker, instrument.symbol, day, nowMs) }];
  }
  const { ticker } = instrument;
  const minutes = (session: 'pre' | 'regular' | 'post') =>
    shifted(ticker, market.minuteBars(ticker, day, session, nowMs));
  const shown = unit === 'Minute' && tradesExtended(ticker) ? TEMPLATES[template] : TEMPLATES.Default;
  return [
    ...(shown.pre ? [{ startMs: preMarketMs(day), endMs: day.openMs, bars: minutes('pre') }] : []),
    { ...regular, bars: minutes('regular') },
    ...(shown.post ? [{ startMs: day.closeMs, endMs: postMarketMs(day), bars: minutes('post') }] : []),
  ];
}

function optionMinutes(
  market: Market,
  ticker: SynthTicker,
  symbol: string,
  day: TradingDay,
  nowMs: number,
): MarketBar[] {
  if (nowMs < day.openMs) return [];
  const of = market.optionDay(ticker, day);
  const row = of.rowOf.get(symbol);
  return row === undefined ? [] : minuteBars(of.prints(row, secondOf(day, nowMs)));
}

function openInterestOf(market: Market, { instrument }: BarQuery, day: TradingDay): number {
  if (instrument.kind !== 'option') return 0;
  const of = market.optionDay(instrument.ticker, day);
  return of.openInterest[of.rowOf.get(instrument.symbol) ?? -1] ?? 0;
}

/** Prices of a futures view lie above its index. */
function shifted({ futuresOf }: SynthTicker, bars: readonly MarketBar[]): readonly MarketBar[] {
  if (!futuresOf) return bars;
  const above = (value: number): number => Math.round((value + futuresOf.basis) * 100) / 100;
  return bars.map((bar) => ({
    ...bar,
    ...{ open: above(bar.open), high: above(bar.high), low: above(bar.low), close: above(bar.close) },
  }));
}

/** Groups of `interval` minutes counted from the start of a part; the last one ends with it. */
function intervals({ startMs, endMs, bars }: Part, interval: number): Part[] {
  const length = interval * 60_000;
  const groups = new Map<number, MarketBar[]>();
  for (const bar of bars) {
    const from = startMs + Math.floor((bar.startMs - startMs) / length) * length;
    const group = groups.get(from);
    if (group) group.push(bar);
    else groups.set(from, [bar]);
  }
  return [...groups].map(([from, own]) => ({ startMs: from, endMs: Math.min(from + length, endMs), bars: own }));
}

function wholeSession(parts: readonly Part[]): Part {
  return {
    startMs: parts[0]?.startMs ?? 0,
    endMs: parts.at(-1)?.endMs ?? 0,
    bars: parts.flatMap((part) => part.bars),
  };
}

/** The first bar of an index's day opens at the close of the day before, as it does in production. */
function openedAt(bar: MarketBar, open: number): MarketBar {
  return { ...bar, open, high: Math.max(bar.high, open), low: Math.min(bar.low, open) };
}

/** Weeks or months out of sessions; the stamp is the close of the last session of the period. */
function joinSessions(bars: readonly ServedBar[], { unit, nowMs }: BarQuery): ServedBar[] {
  const groups = new Map<string, ServedBar[]>();
  for (const bar of bars) {
    const date = newYorkDate(bar.startMs);
    const period = unit === 'Monthly' ? date.slice(0, 7) : weekOf(date);
    const group = groups.get(period);
    if (group) group.push(bar);
    else groups.set(period, [bar]);
  }
  return [...groups].flatMap(([period, own]) => {
    const endMs = lastClose(period, unit, own);
    const joined = joinBars(own, own[0]?.startMs ?? 0, endMs);
    return joined ? [{ ...joined, isOpen: endMs > nowMs, openInterest: own.at(-1)?.openInterest ?? 0 }] : [];
  });
}

/** The Monday of a date's week. */
function weekOf(date: string): string {
  const noonMs = Date.parse(`${date}T12:00:00Z`);
  const sinceMonday = (new Date(noonMs).getUTCDay() + 6) % 7;
  return new Date(noonMs - sinceMonday * 86_400_000).toISOString().slice(0, 10);
}

function lastClose(period: string, unit: BarUnit, own: readonly ServedBar[]): number {
  const from = unit === 'Monthly' ? `${period}-01` : period;
  const days = unit === 'Monthly' ? 31 : 7;
  const to = new Date(Date.parse(`${from}T12:00:00Z`) + (days - 1) * 86_400_000).toISOString().slice(0, 10);
  const inside = tradingDays(from, to).filter((date) => unit === 'Weekly' || date.startsWith(period));
  return tradingDay(inside.at(-1) ?? '')?.closeMs ?? own.at(-1)?.endMs ?? 0;
}
