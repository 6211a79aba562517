import { newYorkDate, type TradingDay, tradingDay } from '../../../core/calendar.js';
import type { ChainSnapshot } from '../../../core/model.js';
import { openPrice } from '../../../core/synth/path.js';
import type { SynthModel } from '../../../core/synth/process.js';
import type { SynthTicker } from '../../../core/synth/tickers.js';
import { type MarketBar, minuteBars, underlyingPrints } from './bar-table.js';
import { currentSession, isIndex, listedSession, secondOf, sessionBefore, tradesExtended } from './hours.js';
import { mix, seedOf } from './mix.js';
import { OptionDay, type QuoteGrid } from './option-day.js';
import { BLANK_QUOTE, type QuoteState } from './quote-state.js';
import { RecentMap } from './recent-map.js';
import { type UnderlyingDay, underlyingDay } from './underlying-day.js';

interface MarketOptions {
  readonly seed: number;
  readonly model: SynthModel;
  readonly grid: QuoteGrid;
  /** Times a second that the sizes of every quote change; prices change once a second. */
  readonly updatesPerSecond: number;
}

const MINUTE_MS = 60_000;
/** Seconds of a session whose trades are drawn without a pause. */
const SLICE_SECONDS = 600;
/** A year of sessions, for the range of 52 weeks. */
const YEAR_SESSIONS = 252;
/** Days kept: an option day with its trades takes some 20 MB, an underlying's 2 MB, its minute bars 60 kB. */
const KEPT = { options: 12, underlyings: 40, bars: 2000, closes: 20_000 } as const;

/** The state of every listed instrument at any instant, from the seed alone; what is asked for often is kept. */
export class Market {
  readonly options: MarketOptions;
  readonly #underlyings = new RecentMap<string, UnderlyingDay>(KEPT.underlyings);
  readonly #optionDays = new RecentMap<string, OptionDay>(KEPT.options);
  readonly #closes = new RecentMap<string, number>(KEPT.closes);
  readonly #optionCloses = new RecentMap<string, Pick<QuoteState, 'previousClose' | 'previousVolume'>>(KEPT.closes);
  readonly #ranges = new RecentMap<string, readonly [number, number]>(KEPT.closes);
  readonly #bars = new RecentMap<string, readonly MarketBar[]>(KEPT.bars);
  readonly #sizeSeeds = new Map<string, number>();

  constructor(options: MarketOptions) {
    this.options = options;
  }

  underlyingDay(ticker: SynthTicker, day: TradingDay): UnderlyingDay {
    return this.#underlyings.get(`${ticker.ticker} ${day.date}`, () =>
      underlyingDay(this.#session(ticker, day), () => this.previousClose(ticker, day.date)),
    );
  }

  optionDay(ticker: SynthTicker, day: TradingDay): OptionDay {
    return this.#optionDays.get(`${ticker.ticker} ${day.date}`, () => {
      return new OptionDay(this.#session(ticker, day), this.options.grid, this.underlyingDay(ticker, day));
    });
  }

  /** All minute bars of a session's date that is over, each part of the day after the other. */
  minuteBars(
    ticker: SynthTicker,
    day: TradingDay,
    session: 'pre' | 'regular' | 'post',
    untilMs: number,
  ): readonly MarketBar[] {
    const of = (): MarketBar[] =>
      minuteBars(underlyingPrints(ticker, this.underlyingDay(ticker, day), session, untilMs));
    if (untilMs < day.closeMs + 4 * 3_600_000) return of();
    return this.#bars.get(`${ticker.ticker} ${day.date} ${session}`, of);
  }

  /** Regular close of the session before a date, in USD. */
  previousClose(ticker: SynthTicker, date: string): number {
    const day = sessionBefore(date);
    return this.#closes.get(
      `${ticker.ticker} ${day.date}`,
      () => this.underlyingDay(ticker, day).price.at(-1) as number,
    );
  }

  /**
   * Draws the option trades that quotes at an instant need, in slices, so that others get their turn: a busy ticker's
   * session takes a second or two.
   */
  async prepare(ticker: SynthTicker, atMs: number, pause: () => Promise<void>): Promise<void> {
    const day = currentSession(atMs);
    for (const [session, untilMs] of [
      [sessionBefore(day.date), day.openMs],
      [day, atMs],
    ] as const) {
      const of = this.optionDay(ticker, session);
      const last = secondOf(session, untilMs);
      for (let second = of.tradedSecond; second < last; ) {
        second = Math.min(last, second + SLICE_SECONDS);
        of.tradesTo(0, second);
        await pause();
      }
    }
  }

  /** The newest price of an underlying at an instant. */
  spotAt(ticker: SynthTicker, atMs: number): number {
    return this.underlyingQuote(ticker, atMs).last;
  }

  underlyingQuote(ticker: SynthTicker, atMs: number): QuoteState {
    const day = currentSession(atMs);
    const of = this.underlyingDay(ticker, day);
    const second = secondOf(day, atMs);
    const sessionBack = this.underlyingDay(ticker, sessionBefore(day.date));
    const { ticker: name } = ticker;
    const volumeOf = (one: UnderlyingDay): number =>
      isIndex(ticker) ? 0 : (one.volume.at(-1) as number) + total(one.pre.volume) + total(one.post.volume);
    const [low52, high52] = this.#range(ticker, day);
    const basis = ticker.futuresOf?.basis ?? 0;
    const above = (price: number): number => Math.round((price + basis) * 100) / 100;
    const previousClose = above(sessionBack.price.at(-1) as number);
    const regular: QuoteState = {
      open: above(of.price[0] as number),
      high: above(of.high[second] as number),
      low: above(of.low[second] as number),
      previousClose,
      last: above(of.price[second] as number),
      bid: above(of.bid[second] as number),
      ask: above(of.ask[second] as number),
      bidSize: this.#size(name, 0, atMs, 9) * 100,
      askSize: this.#size(name, 1, atMs, 9) * 100,
      lastSize: 100,
      volume: isIndex(ticker) ? 0 : (of.volume[second] as number) + total(of.pre.volume),
      previousVolume: volumeOf(sessionBack),
      openInterest: 0,
      vwap: above((of.turnover[second] as number) / (of.volume[second] as number)),
      tradeMs: day.openMs + second * 1000,
      ...{
        high52: Math.max(above(high52), above(of.high[second] as number)),
        low52: Math.min(above(low52), above(of.low[second] as number)),
      },
    };
    return tradesExtended(ticker) ? this.#extended(ticker, regular, day, atMs) : regular;
  }

  /** What trading before the open or after the close changes. */
  #extended(ticker: SynthTicker, regular: QuoteState, day: TradingDay, atMs: number): QuoteState {
    const today = tradingDay(newYorkDate(atMs));
    const before = today && atMs < today.openMs ? this.underlyingDay(ticker, today).pre : undefined;
    if (today && before && atMs >= before.startMs) {
      const traded = tradedUntil(before, atMs);
      if (traded) {
        const [close, volume] = [this.underlyingDay(ticker, day).price.at(-1) as number, regular.volume];
        const blank = { open: Number.NaN, high: Number.NaN, low: Number.NaN, vwap: Number.NaN };
        return { ...regular, ...blank, ...traded, previousClose: close, previousVolume: volume };
      }
    }
    const after = tradedUntil(this.underlyingDay(ticker, day).post, atMs);
    return after ? { ...regular, ...after, volume: regular.volume + after.volume } : regular;
  }

  /** The quote of a listed contract; undefined when it is not listed that day. */
  optionQuote(ticker: SynthTicker, symbol: string, atMs: number): QuoteState | undefined {
    const listed = this.optionDay(ticker, listedSession(atMs));
    const row = listed.rowOf.get(symbol);
    if (row === undefined) return undefined;
    const day = currentSession(atMs);
    const last = sessionBefore(day.date);
    const openInterest = listed.openInterest[row] as number;
    const of = this.optionDay(ticker, day);
    const own = of.rowOf.get(symbol);
    if (own === undefined) return { ...BLANK_QUOTE, openInterest };
    const second = secondOf(day, atMs);
    const prices = of.pricesAt(second);
    const { lastMs, ...traded } = of.tradesTo(own, second);
    const previous = this.#optionClose(ticker, symbol, last);
    return {
      ...BLANK_QUOTE,
      ...traded,
      ...previous,
      bid: prices.bid[own] as number,
      ask: prices.ask[own] as number,
      bidSize: this.#size(symbol, 0, atMs, 150),
      askSize: this.#size(symbol, 1, atMs, 150),
      openInterest,
      tradeMs: traded.volume > 0 ? lastMs : Number.NaN,
    };
  }

  /** The whole chain at an instant of a session as the engine's own snapshot: the planted book. */
  plantedChain(ticker: SynthTicker, atMs: number): ChainSnapshot {
    const day = currentSession(atMs);
    const of = this.optionDay(ticker, day);
    const second = secondOf(day, atMs);
    const { contracts } = of.listing;
    const { spot, iv, bid, ask, atMs: asOfMs } = of.pricesAt(second);
    const traded = Array.from({ length: contracts.length }, (_, row) => of.tradesTo(row, second));
    return {
      ...{ underlying: ticker.ticker, asOfMs, spot, model: 'bsm', contracts },
      ...{ rate: ticker.rate, dividendYield: ticker.dividendYield },
      ...{ bid: bid.slice(), ask: ask.slice(), iv: iv.slice(), openInterest: of.openInterest.slice() },
      last: Float64Array.from(traded, ({ last }) => last),
      volume: Float64Array.from(traded, ({ volume }) => volume),
      source: { kind: 'synth', name: `seed ${this.options.seed}, ${this.options.model}` },
      rejected: {},
      warnings: [],
    };
  }

  #session(ticker: SynthTicker, day: TradingDay) {
    return { ticker, day, seed: this.options.seed, model: this.options.model };
  }

  /** Close and volume of a contract on an earlier session. */
  #optionClose(
    ticker: SynthTicker,
    symbol: string,
    day: TradingDay,
  ): Pick<QuoteState, 'previousClose' | 'previousVolume'> {
    return this.#optionCloses.get(`${day.date} ${symbol}`, () => this.#readOptionClose(ticker, symbol, day));
  }

  #readOptionClose(
    ticker: SynthTicker,
    symbol: string,
    day: TradingDay,
  ): Pick<QuoteState, 'previousClose' | 'previousVolume'> {
    const of = this.optionDay(ticker, day);
    const row = of.rowOf.get(symbol);
    if (row === undefined) return { previousClose: Number.NaN, previousVolume: 0 };
    const second = secondOf(day, day.closeMs);
    const { last, volume } = of.tradesTo(row, second);
    const { bid, ask } = of.pricesAt(second);
    const middle = Math.round(((bid[row] as number) + (ask[row] as number)) * 50) / 100;
    return { previousClose: volume > 0 ? last : middle, previousVolume: volume };
  }

  /** Lowest and highest open of the year before a session. */
  #range(ticker: SynthTicker, day: TradingDay): readonly [number, number] {
    return this.#ranges.get(`${ticker.ticker} ${day.date}`, () => {
      let [low, high, date] = [Number.POSITIVE_INFINITY, 0, day.date];
      for (let left = YEAR_SESSIONS; left > 0; left--) {
        date = sessionBefore(date).date;
        const open = openPrice(ticker, date, this.options.seed);
        low = Math.min(low, open);
        high = Math.max(high, open);
      }
      return [low, high];
    });
  }

  /** A size from 1 to `most` that changes `updatesPerSecond` times a second. */
  #size(symbol: string, side: 0 | 1, atMs: number, most: number): number {
    let seed = this.#sizeSeeds.get(symbol);
    if (seed === undefined) {
      seed = seedOf(this.options.seed, symbol);
      this.#sizeSeeds.set(symbol, seed);
    }
    return 1 + (mix(seed, side, Math.floor((atMs * this.options.updatesPerSecond) / 1000)) % most);
  }
}

function total(column: Float64Array): number {
  return column.reduce((sum, value) => sum + value, 0);
}

/** Newest trade, its quote and the volume so far of trading outside the session; undefined before the first trade. */
function tradedUntil({ startMs, price, volume }: UnderlyingDay['pre'], atMs: number) {
  const minutes = Math.min(price.length, Math.floor((atMs - startMs) / MINUTE_MS) + 1);
  let [shares, newest] = [0, -1];
  for (let i = 0; i < minutes; i++) {
    if (!volume[i]) continue;
    shares += volume[i] as number;
    newest = i;
  }
  if (newest < 0) return undefined;
  const last = price[newest] as number;
  const half = Math.max(0.01, Math.round(last * 0.02) / 100);
  const cents = (value: number): number => Math.round(value * 100) / 100;
  return {
    last,
    bid: cents(last - half),
    ask: cents(last + half),
    volume: shares,
    tradeMs: startMs + newest * MINUTE_MS,
  };
}
