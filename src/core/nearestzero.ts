import type { Book } from './chainvol.js';
import { kernelsOf } from './gammakernels.js';
import { signChanges } from './gammascan.js';
import { polish } from './polish.js';

/** Least distance from spot that is searched first, and how much wider every next search is. */
const FIRST_REACH = 0.002;
const WIDEN = 2.5;

/**
 * Zero gamma of some contracts of a book (`rows`) in its convention: the zero of `gammaCurveOf` nearest to spot, NaN when
 * there is none. Found by searching outwards, so that what lies beyond the nearest zero costs nothing. `near` is an
 * earlier answer or NaN: it decides where the search starts, never what it finds.
 */
export function nearestZero(book: Book, rows: Int32Array, near = Number.NaN): number {
  const { spot } = book.chain;
  const classes = kernelsOf(withRows(book, rows));
  if (classes.length === 0) return Number.NaN;
  let reach = Math.max(FIRST_REACH, Math.abs(near / spot - 1) * 1.1 || 0);
  for (const [low, high] of book.convention.sweep.rungs) {
    for (;;) {
      const [from, to] = [Math.max(low, 1 - reach), Math.min(high, 1 + reach)];
      const zeros = signChanges(classes, Math.log(from), Math.log(to)).map((b) => spot * Math.exp(polish(classes, b)));
      if (zeros.length > 0) return zeros.reduce((a, b) => (Math.abs(b - spot) < Math.abs(a - spot) ? b : a));
      if (from === low && to === high) break;
      reach *= WIDEN;
    }
  }
  return Number.NaN;
}

function withRows(book: Book, rows: Int32Array): Book {
  const volatility = new Float64Array(book.volatility.length).fill(Number.NaN);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    volatility[row] = book.volatility[row] as number;
  }
  return { ...book, volatility };
}
