import { productError } from './elementary.js';
import { millsDrop, millsDropFits, millsTail, SQRT_TWO_PI } from './normal.js';

/**
 * The inversion itself, in units of the smaller of S e^{-qT} and K e^{-rT}, where calls and puts out of the money are one
 * function of X = |ln(F/K)| and s = vol sqrt(T):
 *   c(s) = n(d) [R(d) - R(e)],  d = X/s - s/2,  e = X/s + s/2,  R the Mills ratio,  dc/ds = n(d).
 */

/** Slots of `work`: numbers in an array cross a call without being boxed. The caller fills the first five. */
export const SIZE = 0;
export const SHARE = 1;
export const TARGET_HIGH = 2;
export const TARGET_LOW = 3;
export const FIRST = 4;
export const TOTAL = 5;
export const LAST = 6;
/** X; c; ln c (ln(1 - c) where c > 1/2) in two parts, the first short; a first s or NaN; the answer in two parts. */
export const work = new Float64Array(7);

const LOG_SQRT_TWO_PI = 0.9189385332046728;
/** A step of fourth order that is this small leaves less than a rounding. */
const LAST_STEP = 1e-4;
/** A first guess whose own step is larger than this part of it is worth less than the seed. */
const USABLE_GUESS = 0.3;
const MOST_ROUNDS = 200;

/**
 * Householder's method of third order on ln c (on ln(1 - c) above 1/2), from the guess or the seed, inside a bracket that
 * every evaluation narrows: a step that leaves it is replaced by bisection.
 */
export function search(): void {
  const size = work[SIZE] as number;
  const targetHigh = work[TARGET_HIGH] as number;
  const targetLow = work[TARGET_LOW] as number;
  const upper = (work[SHARE] as number) > 0.5;
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  let s = work[FIRST] as number;
  let guessed = s > 0 && s < 1e3;
  if (!guessed) s = seed();
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const h = size / s;
    const t = 0.5 * s;
    const near = h - t;
    // Far from the money a rounding of d^2/2 is many of the price: what was rounded off d and its square is carried along.
    const nearLow = (size - h * s - productError(h, s)) / s + (h - near - t);
    const exponent = 0.5 * near * near;
    const exponentLow = 0.5 * productError(near, near) + near * nearLow;
    let width: number;
    if (!upper && millsDropFits(h, t)) width = millsDrop(h, t);
    else {
      const tailNear = millsTail(Math.abs(near));
      const tailFar = millsTail(h + t);
      const sum = near < 0 ? tailNear + tailFar : tailNear - tailFar;
      width = upper === near < 0 ? sum : SQRT_TWO_PI * Math.exp(exponent) - sum;
    }
    // (c, or 1 - c) = n(d) width; g is how far its logarithm lies from the target, slope dg/ds.
    const g = -exponent - targetHigh + (Math.log(width) - LOG_SQRT_TWO_PI - targetLow - exponentLow);
    const slope = (upper ? -1 : 1) / width;
    const newton = -g / slope;
    const bend = (h * h - t * t) / s;
    const second = bend - slope;
    const third = bend * bend - 3 * (h / s) * (h / s) - 0.25 - 3 * bend * slope + 2 * slope * slope;
    const householder = (newton * (1 + 0.5 * second * newton)) / (1 + newton * (second + (third * newton) / 6));
    // Far from the root the higher terms are noise: then the two disagree, and Newton's step has the right direction.
    const step = householder / newton > 0.1 ? householder : newton;
    if (Math.abs(step) <= LAST_STEP * s && Math.abs(g) < 1) {
      work[TOTAL] = s;
      work[LAST] = step;
      return;
    }
    if (guessed && !(Math.abs(step) < USABLE_GUESS * s)) {
      guessed = false;
      s = seed();
      continue;
    }
    // Where the tails leave the double range g is not a number, and the side of the inflection tells the direction.
    const tooHigh = Number.isFinite(g) ? g * slope > 0 : near < 0 && !upper;
    if (tooHigh) high = s;
    else low = s;
    s += step;
    if (!(s > low && s < high)) s = high === Number.POSITIVE_INFINITY ? 2 * low : 0.5 * (low + high);
    if (low === high) break;
  }
  work[TOTAL] = s;
  work[LAST] = 0;
}

/**
 * s of the normal (Bachelier) model for the same price, times 1 + s^2/24: within 1 % for s < 1/2, within a factor of 2 up
 * to shares near 1. With rho = c / (e^X - 1) its h = X/s solves n(h)/h - N(-h) = rho, which two polynomials (least maximum
 * error 2e-4) invert: in p = n(0) / (rho + 1/2) near the money, in 1/y, y^2 = -2 ln rho, far from it.
 */
function seed(): number {
  const size = work[SIZE] as number;
  const share = work[SHARE] as number;
  // e^X - 1; below 1 the Pade approximant is good to 1e-6.
  const growth = size < 1 ? (2 * size) / (2 - size + (size * size) / 6) : Math.expm1(size);
  let s: number;
  if (share > 0.0833 * growth) {
    const p = (0.3989422804014327 * growth) / (share + 0.5 * growth);
    const w = p * p;
    const ratio =
      1.0000309391165427 +
      w *
        (0.4939357923241802 +
          w *
            (0.6489485304817296 +
              w * (-1.6822711119327078 + w * (12.019371239498724 + w * (-27.2516019369937 + w * 28.266083996706453)))));
    const perGrowth = size < 1e-8 ? 1 : size / growth;
    s = (perGrowth * (share + 0.5 * growth)) / (0.3989422804014327 * ratio);
  } else {
    const logShare = share > 0.5 ? Math.log(share) : (work[TARGET_HIGH] as number) + (work[TARGET_LOW] as number);
    const y = Math.sqrt(2 * (Math.log(growth) - logShare));
    const w = 1 / y;
    const ratio =
      1.0026661119586913 +
      w *
        (-0.23371594422144146 +
          w * (-6.952145397816873 + w * (10.577308349229543 + w * (6.385433619823731 + w * -14.518168076300151))));
    s = size / (y * ratio);
  }
  return s * (1 + (s * s) / 24);
}
