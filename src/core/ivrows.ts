import { logRatio, powerOfTwo, productError } from './elementary.js';
import { FIRST, LAST, SHARE, SIZE, search, TARGET_HIGH, TARGET_LOW, TOTAL, work } from './ivsearch.js';
import { INV_SQRT_TWO_PI, millsTail } from './normal.js';

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

/** n prices as columns of equal length; `guess` NaN (or no column) is a cold start. */
export interface ImpliedVolatilityColumns {
  /** +1 call, -1 put. */
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
  /** Relative; NaN where there is no volatility. */
  readonly errorBound: Float64Array;
}

const OK = 0;
const BELOW_INTRINSIC = 1;
const AT_INTRINSIC = 2;
const ABOVE_MAXIMUM = 3;
const EXPIRED = 4;
const UNDERFLOW = 5;
const NO_QUOTE = 6;

const U = 2 ** -53;

/** An option of 100 % volatility further out than this many standard deviations is worth less than any double. */
const UNDERFLOW_DEVIATIONS = 38.6;

/** Smaller prices are taken 2^600 times, so that subnormals keep their bits. */
const TINY_PRICE = 1e-250;
const LIFT = 600;

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** What rows of one expiry share: its inputs; exp(-rT) - 1, exp(-qT) - 1, sqrt(T) and what that root lost. */
const YEARS = 0;
const RATE = 1;
const YIELD = 2;
const LOSS_STRIKE = 3;
const LOSS_SPOT = 4;
const ROOT = 5;
const ROOT_LOW = 6;
const expiry = new Float64Array(7).fill(Number.NaN);

function discount(years: number, rate: number, dividendYield: number): void {
  expiry[YEARS] = years;
  expiry[RATE] = rate;
  expiry[YIELD] = dividendYield;
  expiry[LOSS_STRIKE] = Math.expm1(-rate * years);
  expiry[LOSS_SPOT] = Math.expm1(-dividendYield * years);
  const root = Math.sqrt(years);
  expiry[ROOT] = root;
  expiry[ROOT_LOW] = (years - root * root - productError(root, root)) / (2 * root);
}

/** Solves every row; allocates nothing. */
export function fillImpliedVolatility(
  inputs: ImpliedVolatilityColumns,
  out: ImpliedVolatilityResults,
  black76: boolean,
): void {
  for (let i = 0; i < inputs.price.length; i++) {
    out.volatility[i] = Number.NaN;
    out.errorBound[i] = Number.NaN;
    out.status[i] = solveRow(inputs, out, i, black76);
  }
}

/** Writes volatility and bound of a row where there are any; returns its status. */
function solveRow(
  inputs: ImpliedVolatilityColumns,
  out: ImpliedVolatilityResults,
  i: number,
  black76: boolean,
): number {
  const side = inputs.side[i] as number;
  const price = inputs.price[i] as number;
  const spot = inputs.spot[i] as number;
  const strike = inputs.strike[i] as number;
  const years = inputs.years[i] as number;
  const rate = inputs.rate[i] as number;
  const dividendYield = black76 ? rate : (inputs.dividendYield[i] as number);
  const x = logRatio(spot, strike) + (rate - dividendYield) * years;
  if (!(spot > 0 && strike > 0 && x > -1e6 && x < 1e6) || Number.isNaN(price + rate)) return NO_QUOTE;
  if (years <= 0) return EXPIRED;

  const sameCarry = rate === dividendYield;
  if (years !== expiry[YEARS] || rate !== expiry[RATE] || dividendYield !== expiry[YIELD])
    discount(years, rate, dividendYield);
  const lossStrike = expiry[LOSS_STRIKE] as number;
  const lossSpot = expiry[LOSS_SPOT] as number;
  const rootYears = expiry[ROOT] as number;
  const spotValue = spot + spot * lossSpot;
  const strikeValue = strike + strike * lossStrike;
  const maximum = side > 0 ? spotValue : strikeValue;
  if (price >= maximum) return ABOVE_MAXIMUM;
  let timeValue = price;
  if (side * x > 0) {
    // spotValue - strikeValue with the rounding of small differences only, taken off the price in two steps.
    timeValue =
      price -
      side * (spot - strike) -
      side * (sameCarry ? (spot - strike) * lossSpot : spot * lossSpot - strike * lossStrike);
    if (timeValue < -4 * U * (spotValue + strikeValue)) return BELOW_INTRINSIC;
    if (timeValue <= U * price) return atIntrinsic(out, i);
  } else if (price <= 0) {
    if (price < 0) return BELOW_INTRINSIC;
    return Math.abs(x) > UNDERFLOW_DEVIATIONS * rootYears ? UNDERFLOW : atIntrinsic(out, i);
  }

  const scale = x > 0 ? strikeValue : spotValue;
  const lift = timeValue < TINY_PRICE ? LIFT : 0;
  const lifted = (timeValue * powerOfTwo(lift)) / scale;
  const share = lifted * powerOfTwo(-lift);
  const part = share > 0.5 ? (maximum - price) / scale : lifted;
  const logPart = Math.log(part);
  const power = logPart < -4 ? Math.round(logPart * Math.LOG2E) : 0;
  work[SIZE] = Math.abs(x);
  work[SHARE] = share;
  work[TARGET_HIGH] = (power - lift) * LN2_HIGH;
  work[TARGET_LOW] = power === 0 ? logPart : Math.log(part * powerOfTwo(-power)) + (power - lift) * LN2_LOW;
  work[FIRST] = inputs.guess === undefined ? Number.NaN : (inputs.guess[i] as number) * rootYears;
  search();

  // (s + step) / sqrt(T) rounded once: what the root and the quotient lost goes into the last addition.
  const s = work[TOTAL] as number;
  const quotient = s / rootYears;
  const rest = s - quotient * rootYears - productError(quotient, rootYears) - quotient * (expiry[ROOT_LOW] as number);
  out.volatility[i] = quotient + ((work[LAST] as number) + rest) / rootYears;

  // u (p + |S delta| + |K dV/dK| + |T theta| + |r rho| + |q dV/dq|) / (vol vega), with all terms in units of S e^{-qT} n(d1).
  const h = x / s;
  const t = 0.5 * s;
  const d1 = h + t;
  const d2 = h - t;
  const tail1 = millsTail(Math.abs(d1));
  const tail2 = millsTail(Math.abs(d2));
  const outside = side * d1 <= 0 && side * d2 <= 0;
  const near = Math.abs(h) - t;
  const m = outside ? 0 : scale * INV_SQRT_TWO_PI * Math.exp(-0.5 * near * near);
  const spotPart = side * d1 > 0 ? spotValue / m - tail1 : tail1;
  const strikePart = side * d2 > 0 ? strikeValue / m - tail2 : tail2;
  const value = outside ? Math.abs(tail1 - tail2) : price / m;
  const byTime = sameCarry
    ? rate * years * value - 0.5 * s
    : side * years * (dividendYield * spotPart - rate * strikePart) - 0.5 * s;
  const byRates = black76
    ? Math.abs(rate) * years * value
    : years * (Math.abs(rate) * strikePart + Math.abs(dividendYield) * spotPart);
  out.errorBound[i] = (U * (value + spotPart + strikePart + Math.abs(byTime) + byRates)) / s;
  return OK;
}

/** No time value: volatility 0. */
function atIntrinsic(out: ImpliedVolatilityResults, i: number): number {
  out.volatility[i] = 0;
  return AT_INTRINSIC;
}
