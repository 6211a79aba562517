import { GexError } from '../../errors.js';
import { greekColumns } from '../blackscholes.js';
import { newYorkDate, nextTradingDay, previousTradingDay, type TradingDay, tradingDay } from '../calendar.js';
import type { ChainSnapshot } from '../model.js';
import { portableLog } from '../portable.js';
import { MS_PER_YEAR } from '../settlement.js';
import type { SynthModel } from './process.js';
import { type SyntheticSession, startSession } from './session.js';
import { smileScale, totalVariance } from './surface.js';
import { synthTicker } from './tickers.js';

interface SyntheticChainOptions {
  readonly ticker: string;
  readonly seed: number;
  /** Default `gbm`. */
  readonly model?: SynthModel;
  /** Any instant: outside the session it is moved to the session's open or its last second. */
  readonly atMs?: number;
  /** Instead of `atMs`: one hour before the close of this date. */
  readonly date?: string;
}

/** Before the close where only a date is given: the nearest expiry still has time value. */
const DEFAULT_BEFORE_CLOSE_MS = 3_600_000;

/**
 * The option chain of a synthetic ticker at an instant, the one `gex synth` with the same seed and model stores then:
 * quotes, volatilities, open interest, volume and dealer positions. Row 2p is a call, row 2p + 1 the put of its strike.
 * GexError `missing` for an unknown ticker, `usage` for a date without a session.
 */
export function syntheticChain(options: SyntheticChainOptions): ChainSnapshot {
  const ticker = synthTicker(options.ticker);
  const day = sessionOf(options.date ?? newYorkDate(options.atMs ?? Number.NaN));
  const atMs = options.atMs ?? day.closeMs - DEFAULT_BEFORE_CLOSE_MS;
  const session = startSession({ ticker, day, seed: options.seed, model: options.model ?? 'gbm' });
  const second = Math.min(session.seconds - 1, Math.floor((atMs - day.openMs) / 1000));
  while (session.second < second) session.advance();
  return snapshotOf(session);
}

/** The session of a date; GexError `usage` names the nearest ones when there is none. */
export function sessionOf(date: string): TradingDay {
  const day = tradingDay(date);
  if (day) return day;
  const [before, after] = [previousTradingDay(date), nextTradingDay(date)];
  throw new GexError('usage', `No trading session on ${date}; the nearest ones are ${before} and ${after}.`);
}

/** A copy of the session's chain at its current second. */
export function snapshotOf(session: SyntheticSession): ChainSnapshot {
  const { contracts } = session.listing;
  const { ticker, spot, atMs } = session;
  const n = contracts.length;
  const iv = volatilityColumn(session)();
  const years = Float64Array.from(contracts.expiry, (e) => yearsTo(contracts.expiries[e]?.expiryMs ?? 0, atMs));
  const { price } = greekColumns(
    {
      side: contracts.side,
      spot: new Float64Array(n).fill(spot),
      strike: contracts.strike,
      years,
      volatility: iv,
      rate: new Float64Array(n).fill(ticker.rate),
      dividendYield: new Float64Array(n).fill(ticker.dividendYield),
    },
    { price: new Float64Array(n) },
  );
  const quotes = {
    bid: price.map((value) => quoteOf(value, ticker.tick).bid),
    ask: price.map((value) => quoteOf(value, ticker.tick).ask),
  };
  return {
    underlying: ticker.futuresOf?.index ?? ticker.ticker,
    asOfMs: atMs,
    spot,
    rate: ticker.rate,
    dividendYield: ticker.dividendYield,
    model: 'bsm',
    contracts,
    ...quotes,
    last: price.map((value, row) =>
      (session.volume[row] as number) > 0 ? onGrid(Math.round(value / ticker.tick), ticker.tick) : Number.NaN,
    ),
    iv,
    openInterest: session.openInterest.slice(),
    volume: session.volume.slice(),
    dealerPosition: session.dealerPosition.slice(),
    source: { kind: 'synth', name: `seed ${session.seed}, ${session.model}` },
    rejected: {},
    warnings: [],
  };
}

/** The part of a session that implied volatilities follow from. */
type Surface = Pick<SyntheticSession, 'listing' | 'ticker' | 'spot' | 'atMs' | 'theta'>;

/**
 * A function that fills one column with the implied volatility of every contract at the session's current second; NaN
 * where expired. The strikes' logarithms are taken once.
 */
export function volatilityColumn(session: Surface): () => Float64Array {
  const { contracts, firstPair } = session.listing;
  const column = new Float64Array(contracts.length);
  const logStrike = new Float64Array(contracts.length / 2);
  for (let pair = 0; pair < logStrike.length; pair++) {
    logStrike[pair] = portableLog(contracts.strike[2 * pair] as number);
  }
  return () => {
    const logSpot = portableLog(session.spot);
    const { rate, dividendYield } = session.ticker;
    for (const [i, expiry] of contracts.expiries.entries()) {
      const years = yearsTo(expiry.expiryMs, session.atMs);
      const logForward = logSpot + (rate - dividendYield) * years;
      const theta = session.theta[i] as number;
      const phi = smileScale(theta);
      const end = firstPair[i + 1] as number;
      for (let pair = firstPair[i] as number; pair < end; pair++) {
        const variance = totalVariance((logStrike[pair] as number) - logForward, theta, phi);
        const volatility = years > 0 ? Math.sqrt(variance / years) : Number.NaN;
        column[2 * pair] = volatility;
        column[2 * pair + 1] = volatility;
      }
    }
    return column;
  };
}

function yearsTo(expiryMs: number, atMs: number): number {
  return (expiryMs - atMs) / MS_PER_YEAR;
}

/** Bid and ask on the tick grid around a model price: a spread of about one tick plus 1 % of the price; no bid is 0. */
export function quoteOf(price: number, tick: number): { readonly bid: number; readonly ask: number } {
  const half = tick / 2 + 0.005 * price;
  return {
    bid: onGrid(Math.max(0, Math.floor((price - half) / tick)), tick),
    ask: onGrid(Math.ceil((price + half) / tick), tick),
  };
}

function onGrid(ticks: number, tick: number): number {
  return Math.round(ticks * tick * 100) / 100;
}
