import type { KernelClass } from './gammakernels.js';
import { gaussian } from './gaussian.js';
import { createKernelSum, type KernelSum, lowerBound, sumAt } from './kernelsum.js';

/** An interval of v = ln(x / spot) at whose ends net gamma has opposite signs. */
export interface Bracket {
  readonly low: number;
  readonly high: number;
  /** Sign of net gamma at `low`. */
  readonly sign: number;
  /** Where a straight line crosses. */
  readonly guess: number;
}

/** Widths from its centre up to which a kernel is sampled; beyond, it is below 3e-18 of its peak. */
const REACH = 9;
/** Samples per width: a quintic through values, slopes and bends then errs by less than 1e-7 of the kernels under it. */
const STEP = 0.25;
/** Least error allowed for, relative to the kernels' sum without signs. */
const BASE_ERROR = 1e-6;
/** (REACH * STEP)^6 / 46080 is the error of the quintic on a kernel's tail; with a margin of ten. */
const TAIL_ERROR = 1 / 4600;

/** Samples of one class over one stretch without gaps. */
interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly cells: number;
  readonly value: Float64Array;
  readonly slope: Float64Array;
  readonly bend: Float64Array;
  /** How far the interpolated value may be off. */
  readonly error: Float64Array;
}

interface Estimate {
  value: number;
  slope: number;
  error: number;
}

/**
 * All sign changes of the kernels' sum in [low, high], ascending. Each class is sampled at a quarter of its own width and
 * interpolated; where the estimate is not certain, and wherever the curve turns close to zero, the full sum decides.
 */
export function signChanges(classes: readonly KernelClass[], low: number, high: number): Bracket[] {
  const stretches = classes.map((kernels) => sampleClass(kernels, low, high));
  const nodes = nodesOf(stretches, low, high);
  const estimateAt = estimator(classes, stretches);
  const brackets: Bracket[] = [];
  const sum = createKernelSum();
  let previous: Node | undefined;
  for (const v of nodes) {
    const estimate = estimateAt(v);
    let { value, slope } = estimate;
    if (Math.abs(value) <= estimate.error) {
      sumAt(classes, v, sum);
      ({ value, slope } = sum);
    }
    if (value === 0) continue;
    const node = { v, value, slope };
    if (previous !== undefined) bracketsBetween(classes, previous, node, sum, brackets);
    previous = node;
  }
  return brackets;
}

interface Node {
  readonly v: number;
  readonly value: number;
  readonly slope: number;
}

function bracketsBetween(classes: readonly KernelClass[], a: Node, b: Node, sum: KernelSum, out: Bracket[]): void {
  const sign = Math.sign(a.value);
  if (Math.sign(b.value) !== sign) {
    out.push(bracket(a, b));
    return;
  }
  // Same sign, but towards zero from both sides: a pair of roots may hide in between.
  if (a.slope * sign >= 0 || b.slope * sign <= 0) return;
  const turn = turningPoint(classes, a, b, sign, sum);
  if (turn !== undefined) out.push(bracket(a, turn), bracket(turn, b));
}

function bracket(a: Node, b: Node): Bracket {
  const share = Math.abs(a.value) / (Math.abs(a.value) + Math.abs(b.value));
  return { low: a.v, high: b.v, sign: Math.sign(a.value), guess: a.v + share * (b.v - a.v) };
}

/** A point of the other sign near the extremum between two nodes; undefined when the curve turns before zero. */
function turningPoint(
  classes: readonly KernelClass[],
  from: Node,
  to: Node,
  sign: number,
  sum: KernelSum,
): Node | undefined {
  let a = from;
  let b = to;
  while (b.v - a.v > 1e-15) {
    // Tangents bound a convex stretch from below: no root when they meet above zero.
    const meet = (b.value - a.value + a.slope * a.v - b.slope * b.v) / (a.slope - b.slope);
    if ((a.value + a.slope * (meet - a.v)) * sign > 0) return undefined;
    const v = 0.5 * (a.v + b.v);
    const { value, slope, exponent } = sumAt(classes, v, sum);
    if (value * sign < 0) return { v, value, slope };
    if (exponent !== 0) return undefined;
    if (slope * sign < 0) a = { v, value, slope };
    else b = { v, value, slope };
  }
  return undefined;
}

/** The stretches of [low, high] near the centres of a class, sampled. */
function sampleClass(kernels: KernelClass, low: number, high: number): Stretch[] {
  const { centre, widest } = kernels;
  const stretches: Stretch[] = [];
  let start = Number.NaN;
  let end = Number.NaN;
  for (const at of centre) {
    const from = Math.max(low, at - REACH * widest);
    const to = Math.min(high, at + REACH * widest);
    if (from >= to) continue;
    if (from <= end) end = to;
    else {
      if (start < end) stretches.push(sampleStretch(kernels, start, end));
      start = from;
      end = to;
    }
  }
  if (start < end) stretches.push(sampleStretch(kernels, start, end));
  return stretches;
}

function sampleStretch(kernels: KernelClass, start: number, end: number): Stretch {
  const cells = Math.max(1, Math.ceil((end - start) / (STEP * kernels.narrowest)));
  const step = (end - start) / cells;
  const column = (): Float64Array => new Float64Array(cells + 1);
  const stretch: Stretch = {
    start,
    end,
    step,
    cells,
    value: column(),
    slope: column(),
    bend: column(),
    error: column(),
  };
  for (let i = 0; i <= cells; i++) sample(kernels, stretch, i);
  return stretch;
}

function sample(kernels: KernelClass, stretch: Stretch, index: number): void {
  const { centre, inverseWidth, height, widest } = kernels;
  const v = stretch.start + index * stretch.step;
  const to = lowerBound(centre, v + REACH * widest);
  let value = 0;
  let slope = 0;
  let bend = 0;
  let gross = 0;
  let grossSlope = 0;
  for (let i = lowerBound(centre, v - REACH * widest); i < to; i++) {
    const inverse = inverseWidth[i] as number;
    const z = (v - (centre[i] as number)) * inverse;
    const term = (height[i] as number) * gaussian(z);
    const rate = z * inverse;
    value += term;
    slope -= term * rate;
    bend += term * (rate * rate - inverse * inverse);
    const size = Math.abs(term);
    gross += size;
    grossSlope += size * Math.abs(rate);
  }
  stretch.value[index] = value;
  stretch.slope[index] = slope;
  stretch.bend[index] = bend;
  const steepness = gross > 0 ? (stretch.step * grossSlope) / gross : 0;
  stretch.error[index] = gross * Math.max(BASE_ERROR, steepness ** 6 * TAIL_ERROR);
}

/** Every sample point and both ends, ascending. */
function nodesOf(stretches: readonly (readonly Stretch[])[], low: number, high: number): Float64Array {
  const points = [low, high];
  for (const { start, end, step, cells } of stretches.flat()) {
    for (let i = 0; i < cells; i++) points.push(start + i * step);
    points.push(end);
  }
  return Float64Array.from(points).sort();
}

/** The interpolated sum of all classes; to be asked at ascending points. */
function estimator(
  classes: readonly KernelClass[],
  stretches: readonly (readonly Stretch[])[],
): (v: number) => Estimate {
  const leftOut = classes.reduce((sum, kernels) => sum + kernels.totalHeight, 0) * Math.exp(-0.5 * REACH * REACH);
  const current = new Uint32Array(classes.length);
  const estimate: Estimate = { value: 0, slope: 0, error: 0 };
  return (v) => {
    estimate.value = 0;
    estimate.slope = 0;
    estimate.error = leftOut;
    for (let k = 0; k < stretches.length; k++) {
      const ofClass = stretches[k] ?? [];
      let stretch = ofClass[current[k] as number];
      while (stretch !== undefined && v > stretch.end) {
        current[k] = (current[k] as number) + 1;
        stretch = ofClass[current[k] as number];
      }
      if (stretch !== undefined && v >= stretch.start) interpolate(stretch, v, estimate);
    }
    return estimate;
  };
}

/** Quintic through values, slopes and bends at both ends of the cell that holds v. */
function interpolate({ start, step, cells, value, slope, bend, error }: Stretch, v: number, out: Estimate): void {
  const position = (v - start) / step;
  const cell = Math.min(cells - 1, Math.floor(position));
  const t = position - cell;
  const p = value[cell] as number;
  const rise = (value[cell + 1] as number) - p;
  const s0 = (slope[cell] as number) * step;
  const s1 = (slope[cell + 1] as number) * step;
  const b0 = (bend[cell] as number) * step * step;
  const b1 = (bend[cell + 1] as number) * step * step;
  const c3 = 10 * rise - 6 * s0 - 4 * s1 - 1.5 * b0 + 0.5 * b1;
  const c4 = -15 * rise + 8 * s0 + 7 * s1 + 1.5 * b0 - b1;
  const c5 = 6 * rise - 3 * (s0 + s1) - 0.5 * (b0 - b1);
  out.value += p + t * (s0 + t * (0.5 * b0 + t * (c3 + t * (c4 + t * c5))));
  out.slope += (s0 + t * (b0 + t * (3 * c3 + t * (4 * c4 + t * 5 * c5)))) / step;
  out.error += (error[cell] as number) + (error[cell + 1] as number);
}
