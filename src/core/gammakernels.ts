import type { Book } from './chainvol.js';
import { signOf, type Weight } from './convention.js';

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

const INVERSE_SQRT_2PI = 0.3989422804014327;

interface KernelRow {
  readonly centre: number;
  readonly width: number;
  height: number;
}

/** The book's kernels by width: only contracts with a volatility and a weight; call and put of equal volatility are one. */
export function kernelsOf(book: Book, weight: Weight = book.convention.weight): KernelClass[] {
  const byClass = new Map<number, KernelRow[]>();
  for (const kernel of kernelRows(book, weight)) {
    const key = Math.floor(Math.log2(kernel.width));
    const rows = byClass.get(key);
    if (rows === undefined) byClass.set(key, [kernel]);
    else rows.push(kernel);
  }
  const sorted = [...byClass].sort(([a], [b]) => a - b);
  return sorted.map(([, rows]) => classOf(rows)).filter((kernels) => kernels.length > 0);
}

function kernelRows(book: Book, weight: Weight): KernelRow[] {
  const { chain, convention, volatility, partner } = book;
  const { strike, side, expiry, multiplier, length } = chain.contracts;
  const signs = signOf(convention.sign);
  const weights = signs === undefined ? chain.dealerPosition : weight === 'volume' ? chain.volume : chain.openInterest;
  if (weights === undefined) return [];
  const kernels: KernelRow[] = [];
  const kernelAt = new Map<number, KernelRow>();
  for (let row = 0; row < length; row++) {
    const sigma = volatility[row] as number;
    const contracts = weights[row] as number;
    if (!(sigma > 0) || !(Math.abs(contracts) > 0)) continue;
    const sign = signs === undefined ? 1 : (side[row] as number) > 0 ? signs.call : signs.put;
    const e = expiry[row] as number;
    const years = book.years[e] as number;
    const dividendYield = book.dividendYield[e] as number;
    const width = sigma * Math.sqrt(years);
    const peak = (Math.exp(-dividendYield * years) * INVERSE_SQRT_2PI) / width;
    const height = sign * contracts * (multiplier[row] as number) * peak;
    const other = partner[row] as number;
    const twin = other >= 0 && volatility[other] === sigma ? kernelAt.get(other) : undefined;
    if (twin !== undefined) {
      twin.height += height;
      continue;
    }
    const drift = (book.rate - dividendYield) * years + 0.5 * width * width;
    const kernel = { centre: logRatio(strike[row] as number, chain.spot) - drift, width, height };
    kernels.push(kernel);
    if (other > row) kernelAt.set(row, kernel);
  }
  return kernels;
}

/** ln(a / b) without the rounding of the quotient near 1. */
export function logRatio(a: number, b: number): number {
  return Math.log1p((a - b) / b);
}

function classOf(rows: KernelRow[]): KernelClass {
  const kept = rows.filter((row) => row.height !== 0);
  kept.sort((a, b) => a.centre - b.centre || a.width - b.width || a.height - b.height);
  const widths = kept.map((row) => row.width);
  return {
    length: kept.length,
    centre: Float64Array.from(kept, (row) => row.centre),
    inverseWidth: Float64Array.from(kept, (row) => 1 / row.width),
    height: Float64Array.from(kept, (row) => row.height),
    narrowest: widths.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    widest: widths.reduce((a, b) => Math.max(a, b), 0),
    totalHeight: kept.reduce((sum, row) => sum + Math.abs(row.height), 0),
  };
}
