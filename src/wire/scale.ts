/** Counts the values that did not fit their field and were set to the nearest that does. */
export interface Tally {
  saturated: number;
}

export type Places = 0 | 2 | 3;

const INT32_MIN = -0x80000000;
const INT32_MAX = 0x7fffffff;
const UINT32_MAX = 0xffffffff;
/** Out of every field, and where the digits after the point begin to wear out. */
const BEYOND_FIELDS = 2 ** 40;
const POWERS = { 0: 1, 2: 100, 3: 1000 } as const;

/** `value` x 10^places as int32, rounded half up, saturating; 0 for anything that is not a number. */
export function signed(value: unknown, places: Places, tally: Tally): number {
  return typeof value === 'number' ? saturate(scaled(value, places), INT32_MIN, INT32_MAX, tally) : 0;
}

/** The same as uint32: below zero is 0. */
export function unsigned(value: unknown, places: Places, tally: Tally): number {
  return typeof value === 'number' ? saturate(scaled(value, places), 0, UINT32_MAX, tally) : 0;
}

function saturate(whole: number, least: number, most: number, tally: Tally): number {
  if (whole >= least && whole <= most) return whole;
  if (Number.isNaN(whole)) return 0;
  tally.saturated++;
  return whole < least ? least : most;
}

/**
 * `value` x 10^places rounded half up as its decimal digits say: 1.005 at 2 places is 101 though the double lies below.
 */
function scaled(value: number, places: Places): number {
  const product = value * POWERS[places];
  if (!(Math.abs(product) < BEYOND_FIELDS)) return product;
  const below = Math.floor(product);
  const fraction = product - below;
  // The product is off by half a unit of its last place at most: near a half only the digits can tell.
  if (Math.abs(fraction - 0.5) > Math.abs(product) * 2.3e-16) return fraction < 0.5 ? below : below + 1;
  return Math.round(Number(`${value}e${places}`)) + 0;
}
