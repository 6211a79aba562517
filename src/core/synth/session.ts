import { randomStream } from '../random.js';
import { MS_PER_YEAR } from '../settlement.js';
import { drawOpenInterest } from './interest.js';
import { type Listing, listContracts, TRADING_YEAR_MS } from './listing.js';
import { type SessionOptions, startPath, type UnderlyingTick } from './path.js';
import { atmVariance, varianceYears } from './surface.js';
import { type TradeBatch, tradeSource } from './trades.js';

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
  const path = startPath(options);
  const { open } = path;
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
  let second = 0;

  const observe = (): void => {
    const atMs = day.openMs + second * 1000;
    fillTheta(theta, listing, ticker.volatility ** 2, path.variance, atMs, day.closeMs);
    for (let i = 0; i < theta.length; i++) deviations[i] = Math.sqrt(theta[i] as number);
    source.draw(second, path.tick.price, deviations);
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
      return path.tick.price;
    },
    get tick() {
      return path.tick;
    },
    get reflections() {
      return path.reflections;
    },
    advance() {
      path.advance();
      second += 1;
      observe();
    },
  };
}

function fillTheta(
  theta: Float64Array,
  listing: Listing,
  realised: number,
  variance: number,
  atMs: number,
  closeMs: number,
): void {
  for (let i = 0; i < theta.length; i++) theta[i] = expiryVariance(listing, i, { realised, variance, atMs, closeMs });
}

/** At-the-money total variance of expiry `i` at an instant of a session that closes at `closeMs`; 0 when it has expired. */
export function expiryVariance(
  { contracts, laterTradingMs }: Listing,
  i: number,
  now: { readonly realised: number; readonly variance: number; readonly atMs: number; readonly closeMs: number },
): number {
  const calendarMs = (contracts.expiries[i]?.expiryMs ?? 0) - now.atMs;
  const tradingMs = now.closeMs - now.atMs + (laterTradingMs[i] as number);
  const years = varianceYears(calendarMs / MS_PER_YEAR, tradingMs / TRADING_YEAR_MS);
  return calendarMs > 0 ? atmVariance(now.variance, now.realised, years) : 0;
}
