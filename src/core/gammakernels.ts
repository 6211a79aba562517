import type { Book } from './chainvol.js';
import { signOf, type Weight } from './convention.js';
import { INV_SQRT_TWO_PI } from './normal.js';

/**
 * Kernels of similar width, sorted by centre. As a function of v = ln(x / spot) a contract's gamma exposure per unit of
 * spot is `height * exp(-((v - centre) / width)^2 / 2)`: width is sigma sqrt(T), centre the strike less the drift.
 */
export interface KernelClass {
  readonly length: number;
  readonly centre: Float64Array;
  readonly inverseWidth: Float64Array;
  readonly height: Float64Array;
  readonly narrowest: number;
  readonly widest: number;
  /** Sum of the heights without signs. */
  readonly totalHeight: number;
}

/** Unsorted kernels. */
interface Kernels {
  readonly length: number;
  readonly centre: Float64Array;
  readonly width: Float64Array;
  readonly height: Float64Array;
}

/** The book's kernels by octave of width: contracts with a volatility and a weight; call and put of equal volatility are one. */
export function kernelsOf(book: Book, weight: Weight = book.convention.weight): KernelClass[] {
  const kernels = collect(book, weight);
  const octaves = new Map<number, number[]>();
  for (let i = 0; i < kernels.length; i++) {
    if (kernels.height[i] === 0) continue;
    const octave = Math.floor(Math.log2(kernels.width[i] as number));
    const members = octaves.get(octave);
    if (members === undefined) octaves.set(octave, [i]);
    else members.push(i);
  }
  return [...octaves].sort(([a], [b]) => a - b).map(([, members]) => classOf(kernels, members));
}

function collect(book: Book, weight: Weight): Kernels {
  const { chain, convention, volatility, partner, rate } = book;
  const { strike, side, expiry, multiplier, length, expiries } = chain.contracts;
  const signs = signOf(convention.sign);
  const weights = signs === undefined ? chain.dealerPosition : weight === 'volume' ? chain.volume : chain.openInterest;
  const kernels = {
    centre: new Float64Array(length),
    width: new Float64Array(length),
    height: new Float64Array(length),
  };
  if (weights === undefined) return { ...kernels, length: 0 };
  const root = book.years.map(Math.sqrt);
  const carry = Float64Array.from(expiries, (_, e) =>
    Math.exp(-(book.dividendYield[e] as number) * (book.years[e] as number)),
  );
  const drift = Float64Array.from(
    expiries,
    (_, e) => (rate - (book.dividendYield[e] as number)) * (book.years[e] as number),
  );
  const kernelOf = new Int32Array(length).fill(-1);
  let count = 0;
  for (let row = 0; row < length; row++) {
    const sigma = volatility[row] as number;
    const contracts = weights[row] as number;
    if (!(sigma > 0) || !(Math.abs(contracts) > 0)) continue;
    const sign = signs === undefined ? 1 : (side[row] as number) > 0 ? signs.call : signs.put;
    const e = expiry[row] as number;
    const width = sigma * (root[e] as number);
    const shares = sign * contracts * (multiplier[row] as number);
    const height = (shares * (carry[e] as number) * INV_SQRT_TWO_PI) / width;
    const other = partner[row] as number;
    const twin = other >= 0 && volatility[other] === sigma ? (kernelOf[other] as number) : -1;
    if (twin >= 0) {
      kernels.height[twin] = (kernels.height[twin] as number) + height;
      continue;
    }
    kernelOf[row] = count;
    const strikeRatio = ((strike[row] as number) - chain.spot) / chain.spot;
    kernels.centre[count] = Math.log1p(strikeRatio) - (drift[e] as number) - 0.5 * width * width;
    kernels.width[count] = width;
    kernels.height[count] = height;
    count++;
  }
  return { ...kernels, length: count };
}

function classOf(kernels: Kernels, members: readonly number[]): KernelClass {
  const order = sortedByCentre(kernels, members);
  const pick = (column: Float64Array): Float64Array => {
    const picked = new Float64Array(order.length);
    for (let i = 0; i < order.length; i++) picked[i] = column[order[i] as number] as number;
    return picked;
  };
  const width = pick(kernels.width);
  const height = pick(kernels.height);
  return {
    length: order.length,
    centre: pick(kernels.centre),
    inverseWidth: width.map((value) => 1 / value),
    height,
    narrowest: width.reduce((a, b) => Math.min(a, b)),
    widest: width.reduce((a, b) => Math.max(a, b)),
    totalHeight: height.reduce((sum, value) => sum + Math.abs(value), 0),
  };
}

/** Centres are rounded to 2^-26 for a native sort that carries the index along, then put right. */
const KEY_SCALE = 2 ** 26;
const KEY_OFFSET = 32;
const INDEX_BITS = 2 ** 20;

function sortedByCentre({ centre, width, height }: Kernels, members: readonly number[]): Uint32Array {
  const keys = new Float64Array(members.length);
  for (let i = 0; i < members.length; i++) {
    const at = Math.min(Math.max((centre[members[i] as number] as number) + KEY_OFFSET, 0), 2 * KEY_OFFSET);
    keys[i] = Math.round(at * KEY_SCALE) * INDEX_BITS + i;
  }
  keys.sort();
  const order = Uint32Array.from(keys, (key) => members[key % INDEX_BITS] as number);
  const before = (a: number, b: number): boolean => {
    const byCentre = (centre[a] as number) - (centre[b] as number);
    const byWidth = byCentre || (width[a] as number) - (width[b] as number);
    return (byWidth || (height[a] as number) - (height[b] as number)) < 0;
  };
  for (let i = 1; i < order.length; i++) {
    const moved = order[i] as number;
    let at = i;
    while (at > 0 && before(moved, order[at - 1] as number)) {
      order[at] = order[at - 1] as number;
      at--;
    }
    order[at] = moved;
  }
  return order;
}
