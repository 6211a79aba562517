import { greekColumns, greeks } from '../../../core/blackscholes.js';
import type { Expiry, Right } from '../../../core/model.js';
import { portableLog } from '../../../core/portable.js';
import { MS_PER_YEAR } from '../../../core/settlement.js';
import { quoteOf, volatilityColumn } from '../../../core/synth/chain.js';
import type { Listing } from '../../../core/synth/listing.js';
import type { SessionOptions } from '../../../core/synth/path.js';
import { expiryVariance, startSession } from '../../../core/synth/session.js';
import { smileScale, totalVariance } from '../../../core/synth/surface.js';
import { optionSymbol } from '../symbols.js';
import type { Print } from './bar-table.js';
import { TradeLog, type TradeSummary } from './trade-log.js';
import type { UnderlyingDay } from './underlying-day.js';

/** `tick`: bid and ask on the exchange's grid. `exact`: unrounded, their middle is the model price. */
export type QuoteGrid = 'tick' | 'exact';

/** Half of the spread of exact quotes, as a share of the price. */
const EXACT_HALF_SPREAD = 0.005;

/** Prices of every contract of the listing at one second; valid until the next call. */
interface OptionPrices {
  readonly spot: number;
  readonly atMs: number;
  readonly iv: Float64Array;
  readonly price: Float64Array;
  readonly bid: Float64Array;
  readonly ask: Float64Array;
}

/** The options of one ticker on one session: listing, planted volatilities, quotes of any second, trades up to one. */
export class OptionDay {
  readonly listing: Listing;
  /** TradeStation symbols by row. */
  readonly symbols: readonly string[];
  readonly rowOf: ReadonlyMap<string, number>;
  readonly openInterest: Float64Array;
  readonly #options: SessionOptions;
  readonly #grid: QuoteGrid;
  readonly #underlying: UnderlyingDay;
  readonly #surface;
  readonly #volatilities: () => Float64Array;
  #prices: OptionPrices | undefined;
  #log: TradeLog | undefined;

  constructor(options: SessionOptions, grid: QuoteGrid, underlying: UnderlyingDay) {
    const { listing, openInterest } = startSession(options);
    const { contracts } = listing;
    this.listing = listing;
    this.openInterest = openInterest;
    this.#options = options;
    this.#grid = grid;
    this.#underlying = underlying;
    this.symbols = Array.from({ length: contracts.length }, (_, row) => {
      const { root, label } = this.expiryOf(row);
      return optionSymbol({ root, date: label, right: this.rightOf(row), strike: contracts.strike[row] as number });
    });
    this.rowOf = new Map(this.symbols.map((symbol, row) => [symbol, row]));
    const theta = new Float64Array(contracts.expiries.length);
    this.#surface = { listing, ticker: options.ticker, spot: 0, atMs: 0, theta };
    this.#volatilities = volatilityColumn(this.#surface);
  }

  expiryOf(row: number): Expiry {
    const { expiry, expiries } = this.listing.contracts;
    const found = expiries[expiry[row] as number];
    if (!found) throw new RangeError(`contract ${row} has no expiry`);
    return found;
  }

  rightOf(row: number): Right {
    return this.listing.contracts.side[row] === 1 ? 'C' : 'P';
  }

  /** Every contract at a second of the session. */
  pricesAt(second: number): OptionPrices {
    const { ticker, day } = this.#options;
    const atMs = day.openMs + second * 1000;
    if (this.#prices?.atMs === atMs) return this.#prices;
    const { contracts } = this.listing;
    const n = contracts.length;
    const surface = this.#surface;
    surface.spot = this.#underlying.price[second] as number;
    surface.atMs = atMs;
    for (let i = 0; i < surface.theta.length; i++) surface.theta[i] = this.#theta(i, second);
    const iv = this.#volatilities();
    const years = Float64Array.from(contracts.expiry, (e) => {
      return ((contracts.expiries[e]?.expiryMs ?? 0) - atMs) / MS_PER_YEAR;
    });
    const { price } = greekColumns(
      {
        ...{ side: contracts.side, strike: contracts.strike, years, volatility: iv },
        spot: new Float64Array(n).fill(surface.spot),
        rate: new Float64Array(n).fill(ticker.rate),
        dividendYield: new Float64Array(n).fill(ticker.dividendYield),
      },
      { price: new Float64Array(n) },
    );
    const [bid, ask] = [new Float64Array(n), new Float64Array(n)];
    for (let row = 0; row < n; row++) {
      const quote = this.#quote(price[row] as number);
      bid[row] = quote.bid;
      ask[row] = quote.ask;
    }
    this.#prices = { spot: surface.spot, atMs, iv, price, bid, ask };
    return this.#prices;
  }

  /** The second up to which trades have been drawn. */
  get tradedSecond(): number {
    return this.#log?.second ?? -1;
  }

  /** A contract's trades up to and including a second. */
  tradesTo(row: number, second: number): TradeSummary {
    return this.#logTo(second).summary(row);
  }

  /** A contract's trades in order of time, up to and including a second. */
  prints(row: number, second: number): Print[] {
    return this.#logTo(second).prints(row);
  }

  #logTo(second: number): TradeLog {
    this.#log ??= new TradeLog(this.#options, (row, at, aggressor) => this.#tradePrice(row, at, aggressor));
    this.#log.advanceTo(second);
    return this.#log;
  }

  #theta(expiry: number, second: number): number {
    const { ticker, day } = this.#options;
    return expiryVariance(this.listing, expiry, {
      realised: ticker.volatility ** 2,
      variance: this.#underlying.variance[second] as number,
      atMs: day.openMs + second * 1000,
      closeMs: day.closeMs,
    });
  }

  #quote(price: number): { readonly bid: number; readonly ask: number } {
    if (this.#grid === 'tick') return quoteOf(price, this.#options.ticker.tick);
    const half = EXACT_HALF_SPREAD * price;
    return { bid: price - half, ask: price + half };
  }

  /** Buyers pay the ask, sellers take the bid; where the side is unknown the price lies between. */
  #tradePrice(row: number, second: number, aggressor: number): number {
    const { ticker, day } = this.#options;
    const { contracts } = this.listing;
    const expiry = contracts.expiry[row] as number;
    const years = (this.expiryOf(row).expiryMs - day.openMs - second * 1000) / MS_PER_YEAR;
    const spot = this.#underlying.price[second] as number;
    const strike = contracts.strike[row] as number;
    const theta = this.#theta(expiry, second);
    const { rate, dividendYield } = ticker;
    const moneyness = portableLog(strike) - (portableLog(spot) + (rate - dividendYield) * years);
    const volatility = Math.sqrt(totalVariance(moneyness, theta, smileScale(theta)) / years);
    const { price } = greeks({ right: this.rightOf(row), spot, strike, years, volatility, rate, dividendYield });
    const { bid, ask } = quoteOf(price, ticker.tick);
    const between = Math.round(((bid + ask) / 2) * 100) / 100;
    return Math.max(ticker.tick, aggressor === 0 ? between : aggressor > 0 ? ask : bid);
  }
}
