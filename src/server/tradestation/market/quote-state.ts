/**
 * A quote as numbers: prices in USD, instants in epoch ms; NaN is blank. Sizes of underlyings are shares, of options
 * contracts.
 */
export interface QuoteState {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly previousClose: number;
  readonly last: number;
  readonly bid: number;
  readonly ask: number;
  readonly bidSize: number;
  readonly askSize: number;
  readonly lastSize: number;
  readonly volume: number;
  readonly previousVolume: number;
  readonly openInterest: number;
  readonly vwap: number;
  readonly tradeMs: number;
  readonly high52: number;
  readonly low52: number;
}

/** A quote nobody has made yet. */
export const BLANK_QUOTE: QuoteState = {
  ...{ open: Number.NaN, high: Number.NaN, low: Number.NaN, previousClose: Number.NaN, last: Number.NaN },
  ...{ bid: 0, ask: 0, bidSize: 0, askSize: 0, lastSize: 0, volume: 0, previousVolume: 0, openInterest: 0 },
  ...{ vwap: Number.NaN, tradeMs: Number.NaN, high52: Number.NaN, low52: Number.NaN },
};
