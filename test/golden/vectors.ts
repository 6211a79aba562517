import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { PricingModel, Right } from '../../src/core/model.js';
import type { GreekName } from '../../src/core/blackscholes.js';

/** Half a unit in the last place of 1: the rounding error of one operation. */
export const U = 2 ** -53;

interface Expected {
  /** 21 significant digits. */
  readonly digits: string;
  readonly condition: number;
}

interface PricingVector {
  readonly group: string;
  readonly model: PricingModel;
  readonly right: Right;
  readonly spot: number;
  readonly strike: number;
  readonly years: number;
  readonly volatility: number;
  readonly rate: number;
  readonly dividendYield: number;
  readonly expected: ReadonlyMap<GreekName, Expected>;
}

const SHARED: readonly GreekName[] = ['gamma', 'vega', 'vanna', 'vomma', 'speed', 'color', 'zomma', 'ultima'];
const OWN: readonly GreekName[] = ['price', 'delta', 'theta', 'rho', 'charm'];

/** The lines of a golden file of this folder, split at commas. */
function goldenRows(path: URL | string): string[][] {
  const text = gunzipSync(readFileSync(path)).toString();
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
}

interface ImpliedVolatilityVector {
  readonly group: string;
  readonly model: PricingModel;
  readonly right: Right;
  readonly spot: number;
  readonly strike: number;
  readonly years: number;
  readonly rate: number;
  readonly dividendYield: number;
  readonly price: number;
  /** The volatility, 21 significant digits. */
  readonly digits: string;
  /** Relative error of the volatility that one rounding of every input causes. */
  readonly bound: number;
}

/** The lines of impliedvol.csv.gz. */
export function impliedVolatilityVectors(path: URL | string): ImpliedVolatilityVector[] {
  return goldenRows(path).map((cells) => {
    const number = (index: number): number => Number(cells[index]);
    return {
      group: cells[0] as string,
      model: cells[1] as PricingModel,
      right: cells[2] as Right,
      spot: number(3),
      strike: number(4),
      years: number(5),
      rate: number(6),
      dividendYield: number(7),
      price: number(8),
      digits: cells[9] as string,
      bound: number(10),
    };
  });
}

/** Two vectors (call and put) per line of pricing.csv.gz. */
export function pricingVectors(path: URL | string): PricingVector[] {
  return goldenRows(path).flatMap((cells) => {
    const [spot, strike, years, volatility, rate, dividendYield] = cells.slice(2, 8).map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const outputs = cells.slice(8).map((cell): Expected => {
      const [digits, condition] = cell.split(' ') as [string, string];
      return { digits, condition: Number(condition) };
    });
    const vector = (right: Right, start: number): PricingVector => ({
      group: cells[0] as string,
      model: cells[1] as PricingModel,
      right,
      spot,
      strike,
      years,
      volatility,
      rate,
      dividendYield,
      expected: new Map([
        ...SHARED.map((name, k): [GreekName, Expected] => [name, outputs[k] as Expected]),
        ...OWN.map((name, k): [GreekName, Expected] => [name, outputs[start + k] as Expected]),
      ]),
    });
    return [vector('C', 8), vector('P', 13)];
  });
}

/** |computed - expected| / |expected| without rounding, although the expected digits do not fit a double. */
function relativeError(computed: number, digits: string): number {
  const power = Math.max(exponentOf(digits), exponentOf(computed.toExponential()));
  const expected = scaled(digits, power);
  const difference = scaled(computed.toExponential(60), power) - expected;
  return Math.abs(Number(difference) / Number(expected));
}

/**
 * How many times u (1 + condition) the relative error of `computed` is. Half a unit of the smallest subnormal is free:
 * no double is nearer.
 */
export function errorMultiple(computed: number, expected: Expected): number {
  const [mantissa, exponent] = expected.digits.split('e') as [string, string];
  if (Number(mantissa) === 0) return computed === 0 ? 0 : Number.POSITIVE_INFINITY;
  const subnormal = Number(exponent) < -300;
  const free = subnormal ? 2.4703282292062328e-24 / Math.abs(Number(`${mantissa}e${Number(exponent) + 300}`)) : 0;
  return Math.max(0, relativeError(computed, expected.digits) - free) / (U * (1 + expected.condition));
}

function exponentOf(text: string): number {
  return Number(text.split('e')[1] ?? 0);
}

/** The decimal `text` times 10^(45 - power), as an integer. */
function scaled(text: string, power: number): bigint {
  const [mantissa, exponent = '0'] = text.split('e') as [string, string?];
  const [whole, fraction = ''] = mantissa.split('.') as [string, string?];
  const shift = 45 + Number(exponent) - power - fraction.length;
  const integer = BigInt(whole + fraction);
  return shift >= 0 ? integer * 10n ** BigInt(shift) : integer / 10n ** BigInt(-shift);
}
