import {
  fillImpliedVolatility,
  type ImpliedVolatilityColumns,
  type ImpliedVolatilityResults,
  IV_STATUSES,
  type IvStatus,
} from './ivrows.js';
import type { PricingModel, Right } from './model.js';

export { type ImpliedVolatilityColumns, type ImpliedVolatilityResults, IV_STATUSES, type IvStatus };

/** One price to invert. `black76`: `spot` is the forward and `dividendYield` is not read. `guess`: a volatility to start from. */
export interface ImpliedVolatilityInput {
  readonly right: Right;
  readonly price: number;
  readonly spot: number;
  readonly strike: number;
  readonly years: number;
  readonly rate: number;
  readonly dividendYield: number;
  readonly guess?: number;
}

export interface ImpliedVolatility {
  /** Annual decimal; 0 at `at-intrinsic`; NaN at every other status but `ok`. */
  readonly volatility: number;
  readonly status: IvStatus;
  /** Relative error of the volatility caused by one rounding of each input; NaN unless `ok`. */
  readonly errorBound: number;
}

const one = (): Float64Array => new Float64Array(1);
const row = {
  side: new Int8Array(1),
  price: one(),
  spot: one(),
  strike: one(),
  years: one(),
  rate: one(),
  dividendYield: one(),
  guess: one(),
};
const result = allocateResults(1);

/**
 * The volatility at which Black-Scholes gives `price`, with a status instead of a sentinel number.
 * Within 4 times `errorBound` (relative) of the exact one for every price, in or out of the money. A `guess` (the previous
 * value), however bad, never changes the result beyond that; it saves time where it is better than 1e-4, for a cold start is
 * seldom worse.
 */
export function impliedVolatility(input: ImpliedVolatilityInput, model: PricingModel = 'bsm'): ImpliedVolatility {
  row.side[0] = input.right === 'C' ? 1 : -1;
  row.price[0] = input.price;
  row.spot[0] = input.spot;
  row.strike[0] = input.strike;
  row.years[0] = input.years;
  row.rate[0] = input.rate;
  row.dividendYield[0] = input.dividendYield;
  row.guess[0] = input.guess ?? Number.NaN;
  fillImpliedVolatility(row, result, model === 'black76');
  return {
    volatility: result.volatility[0] as number,
    status: IV_STATUSES[result.status[0] as number] as IvStatus,
    errorBound: result.errorBound[0] as number,
  };
}

function allocateResults(length: number): ImpliedVolatilityResults {
  return {
    volatility: new Float64Array(length),
    status: new Uint8Array(length),
    errorBound: new Float64Array(length),
  };
}

/** `impliedVolatility` over columns: fills and returns `out`, allocating nothing per row. */
export function impliedVolatilityColumns(
  inputs: ImpliedVolatilityColumns,
  out: ImpliedVolatilityResults = allocateResults(inputs.price.length),
  model: PricingModel = 'bsm',
): ImpliedVolatilityResults {
  fillImpliedVolatility(inputs, out, model === 'black76');
  return out;
}
