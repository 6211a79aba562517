import type { PricingModel, Right } from './model.js';
import { INV_SQRT_TWO_PI, millsTail } from './normal.js';

/** One option to price. `black76`: `spot` is the forward and `dividendYield` is not read (it is the rate). */
export interface PricingInput {
  readonly right: Right;
  readonly spot: number;
  readonly strike: number;
  readonly years: number;
  readonly volatility: number;
  readonly rate: number;
  readonly dividendYield: number;
}

export const GREEK_NAMES = [
  'price',
  'delta',
  'gamma',
  'vega',
  'theta',
  'rho',
  'vanna',
  'charm',
  'vomma',
  'speed',
  'color',
  'zomma',
  'ultima',
] as const;

export type GreekName = (typeof GREEK_NAMES)[number];

/** Price and raw derivatives: per 1.00 of volatility and rate, per year, time derivatives along the calendar (d/dt). */
export type Greeks = Readonly<Record<GreekName, number>>;

/** n options as columns of equal length; `side` is +1 call, -1 put. */
export interface PricingColumns {
  readonly side: Int8Array;
  readonly spot: Float64Array;
  readonly strike: Float64Array;
  readonly years: Float64Array;
  readonly volatility: Float64Array;
  readonly rate: Float64Array;
  readonly dividendYield: Float64Array;
}

export type GreekColumns = Record<GreekName, Float64Array>;

/** The outputs of the last evaluation, in the order of GREEK_NAMES. */
const row = new Float64Array(GREEK_NAMES.length);

/** Beyond this exponent n(d) is computed 2^1000 too large and the outputs are scaled back, so that subnormals keep their bits. */
const DEEP_EXPONENT = 600;
const SCALE_UP_LOG_HIGH = 693.1471805599454;
const SCALE_UP_LOG_LOW = -4.5199270178446646e-14;
const SCALE_DOWN = 2 ** -1000;

/**
 * Fills `row`. `carrySpot` and `carryStrike` are exp(-q T) and exp(-r T).
 * Everything hangs on one density m = S e^{-qT} n(d1) = K e^{-rT} n(d2), taken on the side where |d| is smaller: there the
 * rounding of d is damped by the same d1 d2 that multiplies the volatility's own rounding.
 */
function evaluate(
  side: number,
  spot: number,
  strike: number,
  years: number,
  volatility: number,
  rate: number,
  dividendYield: number,
  rootYears: number,
  carrySpot: number,
  carryStrike: number,
): void {
  const s = volatility * rootYears;
  const logMoneyness = Math.log(spot / strike);
  const drift = (rate - dividendYield) * years;
  const x = logMoneyness + drift;
  if (!(spot > 0 && strike > 0 && s > 0 && s < 1e150) || !Number.isFinite(x)) {
    evaluateLimit(side, spot, strike, years, volatility, rate, dividendYield, x);
    return;
  }
  const inverse = 1 / s;
  const h = x * inverse;
  const t = 0.5 * s;
  const d1 = h + t;
  const d2 = h - t;
  const near = Math.abs(h) - t;
  const exponent = 0.5 * near * near;
  const spotValue = spot * carrySpot;
  const strikeValue = strike * carryStrike;
  const smaller = (x > 0 ? strikeValue : spotValue) * INV_SQRT_TWO_PI;
  const deep = exponent > DEEP_EXPONENT;
  const m = deep
    ? smaller * Math.exp(SCALE_UP_LOG_HIGH - exponent) * (1 + SCALE_UP_LOG_LOW)
    : smaller * Math.exp(-exponent);

  const tail1 = m * millsTail(Math.abs(d1));
  const tail2 = m * millsTail(Math.abs(d2));
  const inside1 = side * d1 > 0;
  const inside2 = side * d2 > 0;
  // S e^{-qT} N(+-d1) and K e^{-rT} N(+-d2)
  const spotPart = inside1 ? (deep ? 0 : spotValue) - tail1 : tail1;
  const strikePart = inside2 ? (deep ? 0 : strikeValue) - tail2 : tail2;

  const perSpot = 1 / spot;
  const perYear = 1 / years;
  const perVolatility = rootYears * inverse;
  const mPerSpot = m * perSpot;
  const price = side * (spotPart - strikePart);
  const delta = side * spotPart * perSpot;
  const gamma = mPerSpot * perSpot * inverse;
  const vega = m * rootYears;
  const decay = 0.5 * m * volatility * rootYears * perYear;
  // 2 T d(d1)/dT
  const slope = (drift - logMoneyness) * inverse + t;
  const product = d1 * d2;
  const vomma = vega * product * perVolatility;

  row[0] = price;
  row[1] = delta;
  row[2] = gamma;
  row[3] = vega;
  row[4] = (rate === dividendYield ? rate * price : side * (dividendYield * spotPart - rate * strikePart)) - decay;
  row[5] = side * years * strikePart;
  row[6] = -mPerSpot * d2 * perVolatility;
  row[7] = dividendYield * delta - 0.5 * mPerSpot * slope * perYear;
  row[8] = vomma;
  row[9] = -gamma * perSpot * (d1 + s) * inverse;
  row[10] = 0.5 * gamma * perYear * (1 + 2 * dividendYield * years + d1 * slope);
  row[11] = gamma * (product - 1) * perVolatility;
  row[12] = vega * perVolatility * perVolatility * (product * (product - 1) - 2 * (h * h + t * t));
  if (deep) scaleBack(side, spotValue, strikeValue, years, rate, dividendYield, perSpot, inside1, inside2);
}

/** Brings the outputs of a scaled evaluation back and adds what an option in the money has besides its tail. */
function scaleBack(
  side: number,
  spotValue: number,
  strikeValue: number,
  years: number,
  rate: number,
  dividendYield: number,
  perSpot: number,
  inside1: boolean,
  inside2: boolean,
): void {
  for (let k = 0; k < row.length; k++) row[k] = (row[k] as number) * SCALE_DOWN;
  const spotPart = inside1 ? side * spotValue : 0;
  const strikePart = inside2 ? side * strikeValue : 0;
  row[0] = (row[0] as number) + (spotPart - strikePart);
  row[1] = (row[1] as number) + spotPart * perSpot;
  row[4] = (row[4] as number) + (dividendYield * spotPart - rate * strikePart);
  row[5] = (row[5] as number) + years * strikePart;
  row[7] = (row[7] as number) + dividendYield * spotPart * perSpot;
}

/** No time or no volatility left: the limits where they exist; NaN where they do not, and for inputs out of range. */
function evaluateLimit(
  side: number,
  spot: number,
  strike: number,
  years: number,
  volatility: number,
  rate: number,
  dividendYield: number,
  x: number,
): void {
  row.fill(Number.NaN);
  const valid = spot > 0 && strike > 0 && years >= 0 && volatility >= 0 && Number.isFinite(x);
  if (!valid || volatility * Math.sqrt(years) !== 0) return;
  const share = x === 0 ? 0.5 : side * x > 0 ? 1 : 0;
  const spotPart = share * side * spot * Math.exp(-dividendYield * years);
  const strikePart = share * side * strike * Math.exp(-rate * years);
  row[0] = share === 0.5 ? 0 : spotPart - strikePart;
  row[1] = spotPart / spot;
  row[5] = years * strikePart;
  if (share === 0.5) return;
  row.fill(0, 2, 4);
  row[4] = dividendYield * spotPart - rate * strikePart;
  row.fill(0, 6);
  row[7] = (dividendYield * spotPart) / spot;
}

/**
 * Price and 12 greeks of one European option (Black-Scholes-Merton, or Black-76 on a forward), raw units.
 * Every output is within 16 u (1 + condition number) of the exact value. `years` or `volatility` 0 gives the limits;
 * inputs out of range (spot, strike <= 0, negative time or volatility, not finite) give NaN throughout.
 */
export function greeks(input: PricingInput, model: PricingModel = 'bsm'): Greeks {
  const { spot, strike, years, volatility, rate } = input;
  const dividendYield = model === 'black76' ? rate : input.dividendYield;
  const carryStrike = Math.exp(-rate * years);
  const carrySpot = model === 'black76' ? carryStrike : Math.exp(-dividendYield * years);
  const side = input.right === 'C' ? 1 : -1;
  const rootYears = Math.sqrt(years);
  evaluate(side, spot, strike, years, volatility, rate, dividendYield, rootYears, carrySpot, carryStrike);
  if (model === 'black76') row[5] = -years * (row[0] as number);
  return {
    price: row[0] as number,
    delta: row[1] as number,
    gamma: row[2] as number,
    vega: row[3] as number,
    theta: row[4] as number,
    rho: row[5] as number,
    vanna: row[6] as number,
    charm: row[7] as number,
    vomma: row[8] as number,
    speed: row[9] as number,
    color: row[10] as number,
    zomma: row[11] as number,
    ultima: row[12] as number,
  };
}

/** NaN-free zeroed columns for `greekColumns` to fill again and again. */
export function allocateGreekColumns(length: number): GreekColumns {
  return Object.fromEntries(GREEK_NAMES.map((name) => [name, new Float64Array(length)])) as GreekColumns;
}

/**
 * `greeks` over columns: fills and returns the columns given in `out` (all thirteen when it is left out).
 * Neighbouring rows of one expiry share its discounting, so rows sorted by expiry are the fastest.
 */
export function greekColumns<Out extends Partial<GreekColumns> = GreekColumns>(
  inputs: PricingColumns,
  out: Out = allocateGreekColumns(inputs.strike.length) as unknown as Out,
  model: PricingModel = 'bsm',
): Out {
  const wanted: [Float64Array, number][] = [];
  GREEK_NAMES.forEach((name, index) => {
    const column = out[name];
    if (column !== undefined) wanted.push([column, index]);
  });
  const black76 = model === 'black76';
  let lastYears = Number.NaN;
  let lastRate = Number.NaN;
  let lastYield = Number.NaN;
  let rootYears = Number.NaN;
  let carrySpot = Number.NaN;
  let carryStrike = Number.NaN;
  for (let i = 0; i < inputs.strike.length; i++) {
    const years = inputs.years[i] as number;
    const rate = inputs.rate[i] as number;
    const dividendYield = black76 ? rate : (inputs.dividendYield[i] as number);
    if (years !== lastYears || rate !== lastRate || dividendYield !== lastYield) {
      lastYears = years;
      lastRate = rate;
      lastYield = dividendYield;
      rootYears = Math.sqrt(years);
      carryStrike = Math.exp(-rate * years);
      carrySpot = black76 ? carryStrike : Math.exp(-dividendYield * years);
    }
    const volatility = inputs.volatility[i] as number;
    const spot = inputs.spot[i] as number;
    const strike = inputs.strike[i] as number;
    const side = inputs.side[i] as number;
    evaluate(side, spot, strike, years, volatility, rate, dividendYield, rootYears, carrySpot, carryStrike);
    if (black76) row[5] = -years * (row[0] as number);
    for (let k = 0; k < wanted.length; k++) {
      const [column, index] = wanted[k] as [Float64Array, number];
      column[i] = row[index] as number;
    }
  }
  return out;
}
