import type { TradingDay } from '../calendar.js';
import { portableExp } from '../portable.js';
import { randomStream } from '../random.js';
import { MS_PER_YEAR } from '../settlement.js';
import { drawOpenInterest } from './interest.js';
import { type Listing, listContracts, TRADING_YEAR_MS } from './listing.js';
import { priceProcess, type SynthModel } from './process.js';
import { atmVariance, varianceYears } from './surface.js';
import type { SynthTicker } from './tickers.js';
import { type TradeBatch, tradeSource } from './trades.js';

interface SessionOptions {
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
  readonly volume: number;
}

/**
 * One synthetic session of one ticker, at a second from 0 (the open) to `seconds - 1`. Columns have one row per
 * contract of the listing and change in place.
 */
export interface SyntheticSession extends SessionOptions {
  readonly listing: Listing;
  /** Length of the session in seconds: 23,400 on full days. */
  readonly seconds: number;
  readonly second: number;
  readonly atMs: number;
  /** The observed price: rounded to cents. */
  readonly spot: number;
  /** How often a floor or cap turned the price back so far. */
  readonly reflections: number;
  /** At-the-money total variance by expiry; 0 for expired ones. */
  readonly theta: Float64Array;
  readonly openInterest: Float64Array;
  /** Contracts traded so far. */
  readonly volume: Float64Array;
  /** Contracts dealers are long (negative: short) from the trades so far whose aggressor is known. */
  readonly dealerPosition: Float64Array;
  /** The trades of the current second. */
  readonly trades: TradeBatch;
  readonly tick: UnderlyingTick;
  advance(): void;
}

/** The session at its open, the opening rotation already traded. The same options give the same session everywhere. */
export function startSession(options: SessionOptions): SyntheticSession {
  const { ticker, day, seed } = options;
  const stream = (...names: string[]) => randomStream(seed, day.date, ...names);
  const open = openPrice(ticker, day.date, seed);
  const process = priceProcess(options.model, {
    ...{ spot: open, drift: ticker.drift, volatility: ticker.volatility, floor: ticker.floor, cap: ticker.cap },
    random: stream(ticker.driver, 'path'),
    extra: stream(ticker.driver, 'extra'),
  });
  const seconds = Math.round((day.closeMs - day.openMs) / 1000);
  const listing = listContracts(ticker, day, open);
  const { contracts } = listing;
  // A view of an index is the index's own session.
  const name = ticker.futuresOf?.index ?? ticker.ticker;
  const openInterest = drawOpenInterest(ticker, listing, open, day.openMs, stream(name, 'open-interest'));
  const volume = new Float64Array(contracts.length);
  const dealerPosition = new Float64Array(contracts.length);
  const theta = new Float64Array(contracts.expiries.length);
  const deviations = new Float64Array(contracts.expiries.length);
  const source = tradeSource(ticker, listing, seconds, stream(name, 'trades'));
  const quotes = stream(name, 'quotes');
  let second = 0;
  let tick: UnderlyingTick;

  const observe = (): void => {
    const atMs = day.openMs + second * 1000;
    fillTheta(theta, listing, ticker.volatility ** 2, process.variance, atMs, day.closeMs);
    for (let i = 0; i < theta.length; i++) deviations[i] = Math.sqrt(theta[i] as number);
    tick = drawTick(process.spot, ticker.volatility, quotes.normal(), quotes.uniform());
    source.draw(second, tick.price, deviations);
    const { length, contract, size, aggressor } = source.batch;
    for (let i = 0; i < length; i++) {
      const row = contract[i] as number;
      const contractsTraded = size[i] as number;
      volume[row] = (volume[row] as number) + contractsTraded;
      dealerPosition[row] = (dealerPosition[row] as number) - (aggressor[i] as number) * contractsTraded;
    }
  };
  observe();
  return {
    ...options,
    listing,
    seconds,
    openInterest,
    volume,
    dealerPosition,
    theta,
    trades: source.batch,
    get second() {
      return second;
    },
    get atMs() {
      return day.openMs + second * 1000;
    },
    get spot() {
      return tick.price;
    },
    get tick() {
      return tick;
    },
    get reflections() {
      return process.reflections;
    },
    advance() {
      process.step(1000 / TRADING_YEAR_MS);
      second += 1;
      observe();
    },
  };
}

/** Days differ by a day's move around the ticker's start price; tickers of one driver open alike. */
function openPrice(ticker: SynthTicker, date: string, seed: number): number {
  const move = (ticker.volatility / Math.sqrt(252)) * randomStream(seed, date, ticker.driver, 'open').normal();
  return Math.min(Math.max(ticker.startPrice * portableExp(move), ticker.floor), ticker.cap);
}

function fillTheta(
  theta: Float64Array,
  listing: Listing,
  realised: number,
  variance: number,
  atMs: number,
  closeMs: number,
): void {
  for (const [i, expiry] of listing.contracts.expiries.entries()) {
    const calendarMs = expiry.expiryMs - atMs;
    const tradingMs = closeMs - atMs + (listing.laterTradingMs[i] as number);
    const years = varianceYears(calendarMs / MS_PER_YEAR, tradingMs / TRADING_YEAR_MS);
    theta[i] = calendarMs > 0 ? atmVariance(variance, realised, years) : 0;
  }
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
