import { fillGreeks, GREEK_NAMES, type GreekColumns, type GreekName, type PricingColumns } from './greekrows.js';
import type { PricingModel, Right } from './model.js';

export { GREEK_NAMES, type GreekColumns, type GreekName, type PricingColumns };

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

/** Price and raw derivatives: per 1.00 of volatility and rate, per year, time derivatives along the calendar (d/dt). */
export type Greeks = Readonly<Record<GreekName, number>>;

const one = (): Float64Array => new Float64Array(1);
const row = {
  side: new Int8Array(1),
  spot: one(),
  strike: one(),
  years: one(),
  volatility: one(),
  rate: one(),
  dividendYield: one(),
};
const result = allocateGreekColumns(1);

/**
 * Price and 12 greeks of one European option (Black-Scholes-Merton, or Black-76 on a forward), raw units.
 * Every output is within 16 u (1 + condition number) of the exact value. `years` or `volatility` 0 gives the limits;
 * inputs out of range (spot, strike <= 0, negative time or volatility, not finite) give NaN throughout.
 */
export function greeks(input: PricingInput, model: PricingModel = 'bsm'): Greeks {
  row.side[0] = input.right === 'C' ? 1 : -1;
  row.spot[0] = input.spot;
  row.strike[0] = input.strike;
  row.years[0] = input.years;
  row.volatility[0] = input.volatility;
  row.rate[0] = input.rate;
  row.dividendYield[0] = input.dividendYield;
  fillGreeks(row, result, model === 'black76');
  return {
    price: result.price[0] as number,
    delta: result.delta[0] as number,
    gamma: result.gamma[0] as number,
    vega: result.vega[0] as number,
    theta: result.theta[0] as number,
    rho: result.rho[0] as number,
    vanna: result.vanna[0] as number,
    charm: result.charm[0] as number,
    vomma: result.vomma[0] as number,
    speed: result.speed[0] as number,
    color: result.color[0] as number,
    zomma: result.zomma[0] as number,
    ultima: result.ultima[0] as number,
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
  const missing = GREEK_NAMES.some((name) => out[name] === undefined);
  const spare = new Float64Array(missing ? inputs.strike.length : 0);
  const full = Object.fromEntries(GREEK_NAMES.map((name) => [name, out[name] ?? spare])) as GreekColumns;
  fillGreeks(inputs, full, model === 'black76');
  return out;
}
