import type { KernelClass } from './gammakernels.js';
import { gaussian } from './gaussian.js';

/** A sum of kernels at one point. The true figures are these times exp(-exponent); exponent is 0 unless they would underflow. */
export interface KernelSum {
  value: number;
  /** Derivative by v. */
  slope: number;
  /** The sum without signs. */
  gross: number;
  exponent: number;
}

/** A sum for `sumAt` to write to. */
export const createKernelSum = (): KernelSum => ({ value: 0, slope: 0, gross: 0, exponent: 0 });

/** exp(-z^2 / 2) is 0 in double precision from here on. */
const UNDERFLOW_Z = 38.7;
/** Kernels further away weigh less than 1e-27 of their peak. */
const NEAR_Z = 11;
/** Share of the sum that kernels left out may make up. */
const NEGLIGIBLE = 1e-18;
/** Below this a sum has lost digits to subnormal numbers. */
const TINY = 1e-280;

/** Every kernel's contribution at v, to the last digits that doubles hold; writes `out` and returns it. */
export function sumAt(classes: readonly KernelClass[], v: number, out: KernelSum): KernelSum {
  const leftOut = addWithin(classes, v, NEAR_Z, out);
  if (leftOut <= NEGLIGIBLE * out.gross) return out;
  addWithin(classes, v, UNDERFLOW_Z, out);
  return out.gross > TINY ? out : addScaled(classes, v, out);
}

/** Sums kernels whose centre is within `reach` of the widest widths of its class; returns a bound of what it left out. */
function addWithin(classes: readonly KernelClass[], v: number, reach: number, out: KernelSum): number {
  out.value = 0;
  out.slope = 0;
  out.gross = 0;
  out.exponent = 0;
  let leftOut = 0;
  for (const kernels of classes) {
    const from = lowerBound(kernels.centre, v - reach * kernels.widest);
    const to = lowerBound(kernels.centre, v + reach * kernels.widest);
    if (to - from < kernels.length) leftOut += kernels.totalHeight;
    addRange(kernels, from, to, v, out);
  }
  return leftOut * Math.exp(-0.5 * reach * reach);
}

function addRange(kernels: KernelClass, from: number, to: number, v: number, out: KernelSum): void {
  const { centre, inverseWidth, height } = kernels;
  let value = 0;
  let slope = 0;
  let gross = 0;
  for (let i = from; i < to; i++) {
    const inverse = inverseWidth[i] as number;
    const z = (v - (centre[i] as number)) * inverse;
    const term = (height[i] as number) * gaussian(z);
    value += term;
    slope -= term * z * inverse;
    gross += Math.abs(term);
  }
  out.value += value;
  out.slope += slope;
  out.gross += gross;
}

/** Far from every strike all terms underflow; relative to the largest of them they still have a sign. */
function addScaled(classes: readonly KernelClass[], v: number, out: KernelSum): KernelSum {
  const depth = ({ centre, inverseWidth, height }: KernelClass, i: number): number => {
    const z = (v - (centre[i] as number)) * (inverseWidth[i] as number);
    return 0.5 * z * z - Math.log(Math.abs(height[i] as number));
  };
  let least = Number.POSITIVE_INFINITY;
  for (const kernels of classes) {
    for (let i = 0; i < kernels.length; i++) least = Math.min(least, depth(kernels, i));
  }
  out.value = 0;
  out.slope = 0;
  out.gross = 0;
  out.exponent = least;
  for (const kernels of classes) {
    for (let i = 0; i < kernels.length; i++) {
      const size = Math.exp(least - depth(kernels, i));
      const term = (kernels.height[i] as number) > 0 ? size : -size;
      const inverse = kernels.inverseWidth[i] as number;
      out.value += term;
      out.slope -= term * (v - (kernels.centre[i] as number)) * inverse * inverse;
      out.gross += size;
    }
  }
  return out;
}

/** Index of the first value that is not below `limit` in an ascending column. */
export function lowerBound(values: Float64Array, limit: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
