import { greeks } from '../blackscholes.js';
import type { Right } from '../model.js';
import { MS_PER_YEAR } from '../settlement.js';
import { quoteOf } from './chain.js';
import type { SyntheticSession } from './session.js';

/** One option trade with what a trade feed says of it. */
interface SyntheticTrade {
  readonly root: string;
  readonly strike: number;
  readonly right: Right;
  /** Contracts. */
  readonly size: number;
  /** USD per share. */
  readonly price: number;
  /** The underlying at the trade. */
  readonly spot: number;
  /** 1 the buyer, -1 the seller, 0 unknown. */
  readonly aggressor: 1 | -1 | 0;
  /** `YYYY-MM-DD`. */
  readonly expiration: string;
  /** Exchange condition, 0 regular. */
  readonly condition: number;
  /** Epoch milliseconds with microsecond decimals: within the second before the session's current one. */
  readonly atMs: number;
  /** USD per contract times size: positive bought, negative sold. */
  readonly signedPremium: number;
}

/**
 * The trades of the session's current second in order of time. Buyers pay the ask and sellers take the bid around the
 * model price; where the side is unknown the price lies between. `volatility` is the session's volatility column.
 */
export function tapeOf(session: SyntheticSession, volatility: Float64Array): SyntheticTrade[] {
  const { listing, ticker, spot, atMs, trades } = session;
  const { contracts } = listing;
  return Array.from({ length: trades.length }, (_, i) => {
    const row = trades.contract[i] as number;
    const expiry = contracts.expiries[contracts.expiry[row] as number];
    if (!expiry) throw new RangeError(`contract ${row} has no expiry`);
    const right = contracts.side[row] === 1 ? 'C' : 'P';
    const strike = contracts.strike[row] as number;
    const { price: model } = greeks({
      ...{ right, spot, strike, years: (expiry.expiryMs - atMs) / MS_PER_YEAR },
      ...{ volatility: volatility[row] as number, rate: ticker.rate, dividendYield: ticker.dividendYield },
    });
    const quote = quoteOf(model, ticker.tick);
    const side = trades.aggressor[i] as number;
    const aggressor = side === 0 ? 0 : side > 0 ? 1 : -1;
    const between = Math.round(((quote.bid + quote.ask) / 2) * 100) / 100;
    const price = Math.max(ticker.tick, aggressor === 0 ? between : aggressor > 0 ? quote.ask : quote.bid);
    const size = trades.size[i] as number;
    const microseconds = Math.floor(((i + 0.5) / trades.length) * 1e6);
    return {
      ...{ root: expiry.root, strike, right, size, price, spot, aggressor, expiration: expiry.label, condition: 0 },
      atMs: atMs - 1000 + microseconds / 1000,
      signedPremium: aggressor === 0 ? 0 : aggressor * Math.round(price * size * 100),
    };
  });
}
