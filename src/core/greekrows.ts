import { expWithin, logRatio } from './elementary.js';
import { INV_SQRT_TWO_PI, millsDrop, millsDropFits, millsTail } from './normal.js';

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

/** Beyond this exponent n(d) is computed 2^1000 too large and the outputs are scaled back, so that subnormals keep their bits. */
const DEEP_EXPONENT = 600;
const SCALE_UP_LOG_HIGH = 693.1471805599454;
const SCALE_UP_LOG_LOW = -4.5199270178446646e-14;
const SCALE_DOWN = 2 ** -1000;

/**
 * The kernel: rows of `inputs` to rows of `out`, one long loop because calls would box every number they pass.
 *
 * Everything hangs on one density m = S e^{-qT} n(d1) = K e^{-rT} n(d2), taken on the side where |d| is smaller: there the
 * rounding of d is damped by the same d1 d2 that multiplies the volatility's own rounding. Tails are m R(|d|) with the
 * Mills ratio R, so an option out of the money never is a difference of numbers near 1.
 */
export function fillGreeks(inputs: PricingColumns, out: GreekColumns, black76: boolean): void {
  const { side, spot, strike, years, volatility, rate, dividendYield } = inputs;
  const { price, delta, gamma, vega, theta, rho, vanna, charm, vomma, speed, color, zomma, ultima } = out;
  const length = strike.length;
  let T = Number.NaN;
  let r = Number.NaN;
  let q = Number.NaN;
  let rootT = Number.NaN;
  let perYear = Number.NaN;
  let carrySpot = Number.NaN;
  let carryStrike = Number.NaN;
  for (let i = 0; i < length; i++) {
    const rowYears = years[i] as number;
    const rowRate = rate[i] as number;
    const rowYield = black76 ? rowRate : (dividendYield[i] as number);
    if (rowYears !== T || rowRate !== r || rowYield !== q) {
      T = rowYears;
      r = rowRate;
      q = rowYield;
      rootT = Math.sqrt(T);
      perYear = 1 / T;
      carryStrike = Math.exp(-r * T);
      carrySpot = r === q ? carryStrike : Math.exp(-q * T);
    }
    const phi = side[i] as number;
    const S = spot[i] as number;
    const K = strike[i] as number;
    const v = volatility[i] as number;
    const s = v * rootT;
    const gap = S - K;
    const logMoneyness = logRatio(S, K);
    const drift = (r - q) * T;
    const x = logMoneyness + drift;
    const inverse = 1 / s;
    const h = x * inverse;
    const t = 0.5 * s;
    const near = Math.abs(h) - t;
    const exponent = 0.5 * near * near;
    if (!(S > 0 && K > 0 && s > 0 && s < 1e150 && x > Number.NEGATIVE_INFINITY && x < Number.POSITIVE_INFINITY)) {
      fillLimits(inputs, out, i, black76);
      continue;
    }
    const deep = exponent > DEEP_EXPONENT;
    const d1 = h + t;
    const d2 = h - t;
    const spotValue = S * carrySpot;
    const strikeValue = K * carryStrike;
    const m = (x > 0 ? strikeValue : spotValue) * INV_SQRT_TWO_PI * (deep ? scaledExp(exponent) : expWithin(-exponent));
    const tail1 = m * millsTail(Math.abs(d1));
    const tail2 = m * millsTail(Math.abs(d2));
    const inside1 = phi * d1 > 0;
    const inside2 = phi * d2 > 0;
    // S e^{-qT} N(phi d1) and K e^{-rT} N(phi d2)
    const spotPart = inside1 ? (deep ? 0 : spotValue) - tail1 : tail1;
    const strikePart = inside2 ? (deep ? 0 : strikeValue) - tail2 : tail2;
    let value = phi * (spotPart - strikePart);
    if (r === q) {
      // Then theta is r V - decay, which needs the last digits of V: an exact difference and, at small s, no other.
      const forward = deep || phi * x <= 0 ? 0 : phi * gap * carrySpot;
      if (millsDropFits(Math.abs(h), t)) value = forward + m * millsDrop(Math.abs(h), t);
      else if (inside1 && inside2) value = forward - phi * (tail1 - tail2);
    }

    const perSpot = 1 / S;
    const perVolatility = rootT * inverse;
    const mPerSpot = m * perSpot;
    const rowDelta = phi * spotPart * perSpot;
    const rowGamma = mPerSpot * perSpot * inverse;
    const rowVega = m * rootT;
    const halfPerYear = 0.5 * perYear;
    const decay = m * s * halfPerYear;
    const carried = r === q ? r * value : phi * (q * spotPart - r * strikePart);
    // 2 T d(d1)/dT
    const slope = (drift - logMoneyness) * inverse + t;
    const product = d1 * d2;

    price[i] = value;
    delta[i] = rowDelta;
    gamma[i] = rowGamma;
    vega[i] = rowVega;
    theta[i] = carried - decay;
    rho[i] = black76 ? -T * value : phi * T * strikePart;
    vanna[i] = -mPerSpot * d2 * perVolatility;
    charm[i] = q * rowDelta - mPerSpot * slope * halfPerYear;
    vomma[i] = rowVega * product * perVolatility;
    speed[i] = -rowGamma * perSpot * (d1 + s) * inverse;
    color[i] = rowGamma * halfPerYear * (1 + 2 * q * T + d1 * slope);
    zomma[i] = rowGamma * (product - 1) * perVolatility;
    ultima[i] = rowVega * perVolatility * perVolatility * (product * (product - 1) - 2 * (h * h + t * t));
    if (deep) scaleBack(inputs, out, i, black76, inside1, inside2);
  }
}

/** exp(-exponent) 2^1000. */
function scaledExp(exponent: number): number {
  return Math.exp(SCALE_UP_LOG_HIGH - exponent) * (1 + SCALE_UP_LOG_LOW);
}

/** Brings a scaled row back and adds what an option in the money has besides its tail. */
function scaleBack(
  inputs: PricingColumns,
  out: GreekColumns,
  i: number,
  black76: boolean,
  inside1: boolean,
  inside2: boolean,
): void {
  for (const name of GREEK_NAMES) out[name][i] = (out[name][i] as number) * SCALE_DOWN;
  addForwardPart(inputs, out, i, black76, inside1 ? 1 : 0, inside2 ? 1 : 0);
}

/** Adds `share1` S e^{-qT} and `share2` K e^{-rT} to the outputs that hold them. */
function addForwardPart(
  inputs: PricingColumns,
  out: GreekColumns,
  i: number,
  black76: boolean,
  share1: number,
  share2: number,
): void {
  const side = inputs.side[i] as number;
  const spot = inputs.spot[i] as number;
  const strike = inputs.strike[i] as number;
  const years = inputs.years[i] as number;
  const rate = inputs.rate[i] as number;
  const dividendYield = black76 ? rate : (inputs.dividendYield[i] as number);
  const carrySpot = share1 * side * Math.exp(-dividendYield * years);
  const spotPart = spot * carrySpot;
  const strikePart = share2 * side * strike * Math.exp(-rate * years);
  const value = rate === dividendYield && share1 === share2 ? (spot - strike) * carrySpot : spotPart - strikePart;
  const add = (name: GreekName, part: number): void => {
    out[name][i] = (out[name][i] as number) + part;
  };
  add('price', value);
  add('delta', carrySpot);
  add('theta', rate === dividendYield ? rate * value : dividendYield * spotPart - rate * strikePart);
  add('rho', black76 ? -years * value : years * strikePart);
  add('charm', dividendYield * carrySpot);
}

/** No time or no volatility left: the limits where they exist; NaN where they do not, and for inputs out of range. */
function fillLimits(inputs: PricingColumns, out: GreekColumns, i: number, black76: boolean): void {
  const spot = inputs.spot[i] as number;
  const strike = inputs.strike[i] as number;
  const years = inputs.years[i] as number;
  const volatility = inputs.volatility[i] as number;
  const rate = inputs.rate[i] as number;
  const drift = black76 ? 0 : (rate - (inputs.dividendYield[i] as number)) * years;
  const x = Math.log(spot / strike) + drift;
  const valid = spot > 0 && strike > 0 && years >= 0 && volatility >= 0 && Number.isFinite(x + rate);
  const limit = valid && volatility * Math.sqrt(years) === 0;
  for (const name of GREEK_NAMES) out[name][i] = limit ? 0 : Number.NaN;
  if (!limit) return;
  const share = x === 0 ? 0.5 : (inputs.side[i] as number) * x > 0 ? 1 : 0;
  addForwardPart(inputs, out, i, black76, share, share);
  if (x !== 0) return;
  for (const name of GREEK_NAMES) {
    if (name !== 'price' && name !== 'delta' && name !== 'rho') out[name][i] = Number.NaN;
  }
}
