import type { TradingDay } from '../calendar.js';
import { portableExp } from '../portable.js';
import { randomStream } from '../random.js';
import { TRADING_YEAR_MS } from './listing.js';
import { priceProcess, type SynthModel } from './process.js';
import type { SynthTicker } from './tickers.js';

/** What a session of a ticker is made of. */
export interface SessionOptions {
  readonly ticker: SynthTicker;
  readonly day: TradingDay;
  readonly seed: number;
  readonly model: SynthModel;
}

/** A quote of the underlying at one second; prices in cents of a USD at most. */
export interface UnderlyingTick {
  readonly price: number;
  readonly bid: number;
  readonly ask: number;
  /** Shares of this second. */
  readonly volume: number;
}

/** The underlying of a session at one second; nothing of its options. */
interface UnderlyingPath {
  /** Exact price at the open, which the strikes are listed around. */
  readonly open: number;
  /** Instantaneous variance per year that the volatility surface starts from. */
  readonly variance: number;
  /** How often a floor or cap turned the price back so far. */
  readonly reflections: number;
  readonly tick: UnderlyingTick;
  /** One second on. */
  advance(): void;
}

/** The path of the underlying from the open on: the one that `startSession` with the same options trades on. */
export function startPath({ ticker, day, seed, model }: SessionOptions): UnderlyingPath {
  const stream = (...names: string[]) => randomStream(seed, day.date, ...names);
  const open = openPrice(ticker, day.date, seed);
  const process = priceProcess(model, {
    ...{ spot: open, drift: ticker.drift, volatility: ticker.volatility, floor: ticker.floor, cap: ticker.cap },
    random: stream(ticker.driver, 'path'),
    extra: stream(ticker.driver, 'extra'),
  });
  const quotes = stream(ticker.futuresOf?.index ?? ticker.ticker, 'quotes');
  const draw = (): UnderlyingTick => drawTick(process.spot, ticker.volatility, quotes.normal(), quotes.uniform());
  let tick = draw();
  return {
    open,
    get variance() {
      return process.variance;
    },
    get reflections() {
      return process.reflections;
    },
    get tick() {
      return tick;
    },
    advance() {
      process.step(1000 / TRADING_YEAR_MS);
      tick = draw();
    },
  };
}

/** Exact price at the open. Days differ by a day's move around the start price; tickers of one driver open alike. */
export function openPrice(ticker: SynthTicker, date: string, seed: number): number {
  const move = (ticker.volatility / Math.sqrt(252)) * randomStream(seed, date, ticker.driver, 'open').normal();
  return Math.min(Math.max(ticker.startPrice * portableExp(move), ticker.floor), ticker.cap);
}

/** The reference system's rules: spread 0.1 to 0.3 % of the price, volume 10,000 plus |z| times volatility times 50,000. */
function drawTick(exact: number, volatility: number, z: number, u: number): UnderlyingTick {
  const half = exact * (0.0005 + 0.001 * u);
  const price = Math.round(exact * 100) / 100;
  return {
    price,
    bid: Math.min(price, Math.round((exact - half) * 100) / 100),
    ask: Math.max(price, Math.round((exact + half) * 100) / 100),
    volume: Math.floor(10_000 + Math.abs(z) * volatility * 50_000),
  };
}
