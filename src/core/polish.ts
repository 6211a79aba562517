import type { KernelClass } from './gammakernels.js';
import type { Bracket } from './gammascan.js';
import { createKernelSum, sumAt } from './kernelsum.js';

/** What rounding may leave of a sum that is zero, relative to its terms. */
const ROUNDING = 2 ** -52;

/** Of v, which is the logarithm of a price: a unit in the last place of the price is twice as much. */
const SMALLEST_STEP = 2 ** -54;

/** The zero in a bracket to the last digits of v: Newton's method, with bisection where a step leaves the bracket or is slow. */
export function polish(classes: readonly KernelClass[], bracket: Bracket): number {
  const sum = createKernelSum();
  let { low, high } = bracket;
  let v = bracket.guess;
  let lastStep = high - low;
  for (let i = 0; i < 100; i++) {
    const { value, slope, gross } = sumAt(classes, v, sum);
    if (value === 0) return v;
    if (Math.sign(value) === bracket.sign) low = v;
    else high = v;
    const newton = v - value / slope;
    const isInside = newton > low && newton < high;
    if (Math.abs(value) <= ROUNDING * gross || Math.abs(newton - v) <= SMALLEST_STEP) return isInside ? newton : v;
    const next = isInside && Math.abs(newton - v) <= 0.5 * lastStep ? newton : 0.5 * (low + high);
    if (next === low || next === high) return next;
    lastStep = Math.abs(next - v);
    v = next;
  }
  return v;
}
