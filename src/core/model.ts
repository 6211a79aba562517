/**
 * The nouns of the engine. Times are epoch milliseconds UTC, money is USD, rates, yields and volatilities are annual
 * decimals. Unknown is NaN in columns and undefined in objects, never 0.
 */

export type Right = 'C' | 'P';

/** Opening print (09:30 New York) or close of the session (16:00, 13:00 on early closes). */
export type Settlement = 'am' | 'pm';

/** `bsm`: spot with a carry; `black76`: `spot` is the forward or futures price itself. */
export type PricingModel = 'bsm' | 'black76';

/** One expiry of a chain. Two roots may share a date and settle at different instants (SPX in the morning, SPXW at the close). */
export interface Expiry {
  /** `YYYY-MM-DD`, or `t=<years>` where the chain only states a year fraction. */
  readonly label: string;
  readonly root: string;
  readonly settlement: Settlement;
  /** Settlement instant; NaN where only `years` is known. */
  readonly expiryMs: number;
  /** Year fraction stated by the chain itself; undefined: derive it from `expiryMs` with the clock in use. */
  readonly years?: number;
}

/** n contracts as columns, built once and shared. Rows keep the order of the source. */
export interface ContractTable {
  readonly length: number;
  /** OCC symbols where the source has them, else empty strings. */
  readonly symbol: readonly string[];
  readonly strike: Float64Array;
  /** +1 call, -1 put. */
  readonly side: Int8Array;
  /** Index into `expiries`. */
  readonly expiry: Uint16Array;
  readonly expiries: readonly Expiry[];
  /** Shares per contract. */
  readonly multiplier: Float64Array;
}

/** Greeks as the source published them (rounded, in the source's own clock), for pass-through only. */
export interface VendorGreeks {
  readonly delta: Float64Array;
  readonly gamma: Float64Array;
}

/** Where a chain came from, for the answer that is made of it. */
export interface ChainSource {
  readonly kind: 'cboe-json' | 'cboe-csv' | 'gex-chain' | 'store' | 'synth' | 'tradestation';
  /** File, address or seed: what a reader needs to find the input again. */
  readonly name: string;
}

/** A market's option chain at one instant. Every column has `contracts.length` rows; NaN is unknown. */
export interface ChainSnapshot {
  readonly underlying: string;
  readonly asOfMs: number;
  /** The price exposures are computed at (the forward in `black76`). */
  readonly spot: number;
  /** Official last close where the source tells it apart from `spot`. */
  readonly close?: number;
  /** Rate and yield where the chain itself states them. */
  readonly rate?: number;
  readonly dividendYield?: number;
  readonly model: PricingModel;
  readonly contracts: ContractTable;
  readonly bid: Float64Array;
  readonly ask: Float64Array;
  readonly last: Float64Array;
  readonly iv: Float64Array;
  readonly openInterest: Float64Array;
  readonly volume: Float64Array;
  readonly vendor?: VendorGreeks;
  /** Signed dealer contracts per contract (positive: dealers are long), for sign `per-contract`. */
  readonly dealerPosition?: Float64Array;
  readonly source: ChainSource;
  /** Input rows that are not contracts, by reason: `rows in = contracts.length + sum(rejected)`. */
  readonly rejected: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
}
