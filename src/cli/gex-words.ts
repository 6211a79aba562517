import type { GexUnit } from '../core/convention.js';

/** Units of gamma exposure as people say them. */
export const UNIT_WORDS: Readonly<Record<GexUnit, string>> = {
  'usd-per-1pct': 'USD per 1 % move',
  'usd-per-point': 'USD per point',
  'shares-per-point': 'shares per point',
};

const SCALES: readonly (readonly [size: number, suffix: string])[] = [
  [1e12, ' tn'],
  [1e9, ' bn'],
  [1e6, ' m'],
  [1e3, ' k'],
];

/** A signed figure in thousands, millions, billions or trillions; `unknown` for NaN. */
export function compact(value: number, decimals = 3): string {
  if (Number.isNaN(value)) return 'unknown';
  const [size, suffix] = SCALES.find(([scale]) => Math.abs(value) >= scale) ?? [1, ''];
  return `${value > 0 ? '+' : ''}${(value / size).toFixed(decimals)}${suffix}`;
}

/** A price level with at most two decimals; `none` for NaN. */
export const price = (value: number): string => (Number.isNaN(value) ? 'none' : String(Number(value.toFixed(2))));
