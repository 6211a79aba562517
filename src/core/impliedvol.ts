import type { PricingModel, Right } from './model.js';
import { INV_SQRT_TWO_PI, millsTail, SQRT_TWO_PI } from './normal.js';

/** Why there is, or is not, an implied volatility; the index of a status is its code in columns. */
export const IV_STATUSES = [
  'ok',
  'below-intrinsic',
  'at-intrinsic',
  'above-maximum',
  'expired',
  'underflow',
  'no-quote',
] as const;

export type IvStatus = (typeof IV_STATUSES)[number];

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

const OK = 0;
const BELOW_INTRINSIC = 1;
const AT_INTRINSIC = 2;
const ABOVE_MAXIMUM = 3;
const EXPIRED = 4;
const UNDERFLOW = 5;
const NO_QUOTE = 6;

const U = 2 ** -53;
const LN_SQRT_TWO_PI = 0.9189385332046728;

/** volatility, errorBound of the last `solve`. */
const solved = new Float64Array(2);

function unsolved(status: number, volatility: number): number {
  solved[0] = volatility;
  solved[1] = Number.NaN;
  return status;
}

function solve(
  side: number,
  price: number,
  spot: number,
  strike: number,
  years: number,
  rate: number,
  dividendYield: number,
  guess: number,
): number {
  if (
    !(spot > 0 && strike > 0 && spot < Infinity && strike < Infinity) ||
    Number.isNaN(price + years + rate + dividendYield)
  )
    return unsolved(NO_QUOTE, Number.NaN);
  if (years <= 0) return unsolved(EXPIRED, Number.NaN);
  const spotValue = spot * Math.exp(-dividendYield * years);
  const strikeValue = strike * Math.exp(-rate * years);
  const x = Math.log(spot / strike) + (rate - dividendYield) * years;
  const maximum = side > 0 ? spotValue : strikeValue;
  if (price >= maximum) return unsolved(ABOVE_MAXIMUM, Number.NaN);
  const inTheMoney = side * x > 0;
  const scale = x > 0 ? strikeValue : spotValue;
  const timeValue = inTheMoney ? (side > 0 ? price - spotValue + strikeValue : price - strikeValue + spotValue) : price;
  if (inTheMoney) {
    if (timeValue < -4 * U * (spotValue + strikeValue)) return unsolved(BELOW_INTRINSIC, Number.NaN);
    if (timeValue <= U * price) return unsolved(AT_INTRINSIC, 0);
  } else if (price <= 0) {
    if (price < 0) return unsolved(BELOW_INTRINSIC, Number.NaN);
    return Math.abs(x) > 38.6 * Math.sqrt(years) ? unsolved(UNDERFLOW, Number.NaN) : unsolved(AT_INTRINSIC, 0);
  }
  const rootYears = Math.sqrt(years);
  const share = timeValue / scale;
  const size = Math.abs(x);
  const s = search(size, share, (maximum - price) / scale, guess * rootYears);
  const volatility = s / rootYears;
  solved[0] = volatility;
  solved[1] = backwardBound(price, spotValue, strikeValue, years, rate, dividendYield, x, s, side);
  return OK;
}

function search(size: number, share: number, complement: number, guess: number): number {
  const upper = share > 0.5;
  const target = Math.log(upper ? complement : share);
  const inflection = Math.sqrt(2 * size);
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  let s = guess > 0 && guess < 1e3 ? guess : size > 0 ? inflection : share * SQRT_TWO_PI;
  for (let round = 0; round < 100; round++) {
    const h = size / s;
    const t = 0.5 * s;
    const near = h - t;
    const tailNear = millsTail(Math.abs(near));
    const tailFar = millsTail(h + t);
    const exponent = 0.5 * near * near;
    let width: number;
    if (near >= 0) width = upper ? SQRT_TWO_PI * Math.exp(exponent) - (tailNear - tailFar) : tailNear - tailFar;
    else width = upper ? tailNear + tailFar : SQRT_TWO_PI * Math.exp(exponent) - (tailNear + tailFar);
    const g = Math.log(width) - exponent - LN_SQRT_TWO_PI - target;
    const slope = upper ? -1 / width : 1 / width;
    if (g * slope > 0) high = Math.min(high, s);
    else low = Math.max(low, s);
    const newton = -g / slope;
    const h2 = (h * h - t * t) / s;
    const h3 = -3 * (h / s) * (h / s) - 0.25;
    const second = h2 - slope;
    const third = h3 + h2 * h2 - 3 * h2 * slope + 2 * slope * slope;
    let step = (newton * (1 + 0.5 * second * newton)) / (1 + newton * (second + (third * newton) / 6));
    if (!(step * newton > 0)) step = newton;
    let next = s + step;
    if (Math.abs(step) <= 1e-4 * s) return next;
    if (!(next > low && next < high)) next = high === Number.POSITIVE_INFINITY ? s * 2 : 0.5 * (low + high);
    s = next;
  }
  return s;
}

/** u (p + |S delta| + |K dV/dK| + |T theta| + |r rho| + |q dV/dq|) / (sigma vega). */
function backwardBound(
  price: number,
  spotValue: number,
  strikeValue: number,
  years: number,
  rate: number,
  dividendYield: number,
  x: number,
  s: number,
  side: number,
): number {
  const h = x / s;
  const t = 0.5 * s;
  const near = Math.abs(h) - t;
  const m = (x > 0 ? strikeValue : spotValue) * INV_SQRT_TWO_PI * Math.exp(-0.5 * near * near);
  const tail1 = m * millsTail(Math.abs(h + t));
  const tail2 = m * millsTail(Math.abs(h - t));
  const spotPart = side * (h + t) > 0 ? spotValue - tail1 : tail1;
  const strikePart = side * (h - t) > 0 ? strikeValue - tail2 : tail2;
  const byRate = Math.abs(rate) * years * strikePart;
  const byYield = Math.abs(dividendYield) * years * spotPart;
  const byTime = Math.abs(side * years * (dividendYield * spotPart - rate * strikePart) - 0.5 * m * s);
  return (U * (price + spotPart + strikePart + byTime + byRate + byYield)) / (m * s);
}

/**
 * The volatility at which Black-Scholes gives `price`, with a status instead of a sentinel number.
 * Accurate to the rounding of the inputs (`errorBound`, relative) for every price, in or out of the money. A `guess`
 * (the previous value) saves time and never changes the result beyond that bound.
 */
export function impliedVolatility(input: ImpliedVolatilityInput, model: PricingModel = 'bsm'): ImpliedVolatility {
  const dividendYield = model === 'black76' ? input.rate : input.dividendYield;
  const status = solve(
    input.right === 'C' ? 1 : -1,
    input.price,
    input.spot,
    input.strike,
    input.years,
    input.rate,
    dividendYield,
    input.guess ?? Number.NaN,
  );
  return {
    volatility: solved[0] as number,
    status: IV_STATUSES[status] as IvStatus,
    errorBound: solved[1] as number,
  };
}

/** n prices as columns of equal length; `guess` NaN (or no column) is a cold start. */
export interface ImpliedVolatilityColumns {
  readonly side: Int8Array;
  readonly price: Float64Array;
  readonly spot: Float64Array;
  readonly strike: Float64Array;
  readonly years: Float64Array;
  readonly rate: Float64Array;
  readonly dividendYield: Float64Array;
  readonly guess?: Float64Array;
}

export interface ImpliedVolatilityResults {
  readonly volatility: Float64Array;
  /** Index into IV_STATUSES. */
  readonly status: Uint8Array;
  readonly errorBound: Float64Array;
}

/** `impliedVolatility` over columns: fills and returns `out`, allocating nothing per row. */
export function impliedVolatilityColumns(
  inputs: ImpliedVolatilityColumns,
  out: ImpliedVolatilityResults = {
    volatility: new Float64Array(inputs.price.length),
    status: new Uint8Array(inputs.price.length),
    errorBound: new Float64Array(inputs.price.length),
  },
  model: PricingModel = 'bsm',
): ImpliedVolatilityResults {
  for (let i = 0; i < inputs.price.length; i++) {
    const rate = inputs.rate[i] as number;
    out.status[i] = solve(
      inputs.side[i] as number,
      inputs.price[i] as number,
      inputs.spot[i] as number,
      inputs.strike[i] as number,
      inputs.years[i] as number,
      rate,
      model === 'black76' ? rate : (inputs.dividendYield[i] as number),
      inputs.guess === undefined ? Number.NaN : (inputs.guess[i] as number),
    );
    out.volatility[i] = solved[0] as number;
    out.errorBound[i] = solved[1] as number;
  }
  return out;
}
