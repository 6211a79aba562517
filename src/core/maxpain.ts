import type { ChainSnapshot } from './model.js';

/** Where the holders of one expiry's contracts would be paid least, judged at the listed strikes. */
export interface MaxPain {
  /** Index into the chain's expiries. */
  readonly expiry: number;
  /** The lowest strike of least payout; NaN where the expiry has no open interest. */
  readonly strike: number;
  /** Every strike of least payout, ascending; more than one is a tie. */
  readonly ties: readonly number[];
}

/** Max pain of every expiry; contracts without a volatility count too. */
export function maxPains(chain: ChainSnapshot): MaxPain[] {
  const { strike, side, expiry, multiplier, length, expiries } = chain.contracts;
  const books = expiries.map(() => new Map<number, Interest>());
  for (let row = 0; row < length; row++) {
    const book = books[expiry[row] as number];
    const k = strike[row] as number;
    const at = book?.get(k) ?? { strike: k, calls: 0, puts: 0 };
    book?.set(k, at);
    const shares = (chain.openInterest[row] as number) * (multiplier[row] as number);
    if (!(shares > 0)) continue;
    if ((side[row] as number) > 0) at.calls += shares;
    else at.puts += shares;
  }
  return books.map((book, index) => ({ expiry: index, ...leastPayout([...book.values()]) }));
}

interface Interest {
  readonly strike: number;
  calls: number;
  puts: number;
}

/** Payout is convex and straight between strikes, with slope calls below less puts above: the least is where that turns. */
function leastPayout(interest: Interest[]): { strike: number; ties: number[] } {
  interest.sort((a, b) => a.strike - b.strike);
  const allPuts = interest.reduce((sum, at) => sum + at.puts, 0);
  const allCalls = interest.reduce((sum, at) => sum + at.calls, 0);
  if (allPuts + allCalls === 0) return { strike: Number.NaN, ties: [] };
  let callsBelow = 0;
  let putsAbove = allPuts;
  const ties: number[] = [];
  for (const at of interest) {
    callsBelow += at.calls;
    putsAbove -= at.puts;
    const slope = callsBelow - putsAbove;
    if (slope < 0) continue;
    ties.push(at.strike);
    if (slope > 0) break;
  }
  return { strike: ties[0] ?? Number.NaN, ties };
}
