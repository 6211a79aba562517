import { type Book, priceBook } from './chainvol.js';
import { type ConventionOptions, type GexUnit, type Sweep, unitFactor, type Weight } from './convention.js';
import { type KernelClass, kernelsOf } from './gammakernels.js';
import { signChanges } from './gammascan.js';
import { createKernelSum, sumAt } from './kernelsum.js';
import type { ChainSnapshot } from './model.js';
import { polish } from './polish.js';

/** A spot at which net gamma exposure is zero, and its derivative by spot there: positive from below zero to above. */
export interface ZeroGamma {
  readonly spot: number;
  readonly slope: number;
}

/** Net gamma exposure of the re-priced book over trial spots (volatility stays with the strike, time stands still). */
export interface GammaCurve {
  /** Every sign change in the range searched, ascending. */
  readonly zeros: readonly ZeroGamma[];
  /** The zero nearest to spot; NaN when there is none. */
  readonly zeroGamma: number;
  /** Why there is no zero; empty when there is one. */
  readonly reason: string;
  /** Trial spots of the range searched, as multiples of spot. */
  readonly range: readonly [low: number, high: number];
  readonly profile: { readonly spot: Float64Array; readonly netGex: Float64Array };
}

interface CurveOptions {
  /** Default: the convention's. */
  readonly weight?: Weight;
  /** Spots of the profile; 0 leaves the profile out. Default: the sweep's. */
  readonly levels?: number;
}

/** Net gamma exposure of a chain over spot in one convention: profile, zeros, headline. */
export function gammaCurve(chain: ChainSnapshot, options: ConventionOptions = {}): GammaCurve {
  return gammaCurveOf(priceBook(chain, options));
}

/** Re-prices the book's gamma over spot: the profile, all its zeros in the first range that holds one, the headline nearest to spot. */
export function gammaCurveOf(book: Book, options: CurveOptions = {}): GammaCurve {
  const { sweep, unit } = book.convention;
  const { spot } = book.chain;
  const classes = kernelsOf(book, options.weight);
  const levels = sweep.root === 'interpolated' ? sweep.levels : (options.levels ?? sweep.levels);
  let range = sweep.rungs[0] ?? [1, 1];
  let zeros: ZeroGamma[] = [];
  let profile = emptyProfile();
  for (const rung of sweep.rungs) {
    range = rung;
    if (sweep.root === 'interpolated') {
      profile = profileOf(classes, spot, unit, rung, levels);
      zeros = straightZeros(profile.spot, profile.netGex);
    } else zeros = polishedZeros(classes, spot, unit, rung);
    if (zeros.length > 0) break;
  }
  if (sweep.root === 'polished') profile = profileOf(classes, spot, unit, range, levels);
  const zeroGamma = nearest(zeros, spot);
  return { zeros, zeroGamma, reason: zeros.length > 0 ? '' : absence(classes, range), range, profile };
}

function emptyProfile(): GammaCurve['profile'] {
  return { spot: new Float64Array(0), netGex: new Float64Array(0) };
}

function profileOf(
  classes: readonly KernelClass[],
  spot: number,
  unit: GexUnit,
  [low, high]: Sweep['rungs'][number],
  levels: number,
): GammaCurve['profile'] {
  const profile = { spot: new Float64Array(levels), netGex: new Float64Array(levels) };
  const sum = createKernelSum();
  for (let i = 0; i < levels; i++) {
    const x = spot * (low + ((high - low) * i) / (levels - 1));
    const { value, exponent } = sumAt(classes, logOver(x, spot), sum);
    profile.spot[i] = x;
    profile.netGex[i] = value * Math.exp(-exponent) * perSpot(unit, x);
  }
  return profile;
}

const logOver = (x: number, spot: number): number => Math.log1p((x - spot) / spot);

/** Kernels are gamma times spot: what turns them into exposure. */
const perSpot = (unit: GexUnit, x: number): number => unitFactor(unit, x) / x;

function polishedZeros(
  classes: readonly KernelClass[],
  spot: number,
  unit: GexUnit,
  [low, high]: Sweep['rungs'][number],
): ZeroGamma[] {
  if (classes.length === 0) return [];
  const sum = createKernelSum();
  return signChanges(classes, Math.log(low), Math.log(high)).map((bracket) => {
    const v = polish(classes, bracket);
    const { slope, exponent } = sumAt(classes, v, sum);
    const x = spot * Math.exp(v);
    return { spot: x, slope: (slope * Math.exp(-exponent) * perSpot(unit, x)) / x };
  });
}

/** Sign changes between neighbouring levels, by straight lines. */
function straightZeros(spots: Float64Array, values: Float64Array): ZeroGamma[] {
  const zeros: ZeroGamma[] = [];
  for (let i = 1; i < spots.length; i++) {
    const [x0, x1] = [spots[i - 1] as number, spots[i] as number];
    const [y0, y1] = [values[i - 1] as number, values[i] as number];
    if (Math.sign(y0) * Math.sign(y1) >= 0) continue;
    zeros.push({ spot: x1 - ((x1 - x0) * y1) / (y1 - y0), slope: (y1 - y0) / (x1 - x0) });
  }
  return zeros;
}

function nearest(zeros: readonly ZeroGamma[], spot: number): number {
  let best = Number.NaN;
  for (const zero of zeros) {
    if (!(Math.abs(zero.spot - spot) >= Math.abs(best - spot))) best = zero.spot;
  }
  return best;
}

function absence(classes: readonly KernelClass[], [low, high]: Sweep['rungs'][number]): string {
  if (classes.length === 0) return 'no contract has both a volatility and a weight';
  const { value } = sumAt(classes, Math.log(low), createKernelSum());
  const side = value > 0 ? 'positive' : 'negative';
  return `net gamma is ${side} from ${low} to ${high} times spot: it has no zero there`;
}
