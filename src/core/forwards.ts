import type { ChainSnapshot } from './model.js';

/** Strikes nearest to spot that vote on a forward. */
const MOST_STRIKES = 4;
const FEWEST_STRIKES = 2;

/**
 * The forward of every expiry by put-call parity: median of K + e^{rT} (C - P) over the strikes nearest to spot whose call
 * and put both have a usable middle. NaN with fewer than two such strikes or without time left.
 */
export function impliedForwards(
  chain: ChainSnapshot,
  mid: Float64Array,
  partner: Int32Array,
  years: Float64Array,
  rate: number,
): Float64Array {
  const { strike, side, expiry, length, expiries } = chain.contracts;
  const votes: Vote[][] = expiries.map(() => []);
  for (let row = 0; row < length; row++) {
    if ((side[row] as number) < 0) continue;
    const difference = (mid[row] as number) - (mid[partner[row] as number] ?? Number.NaN);
    const e = expiry[row] as number;
    const time = years[e] as number;
    if (Number.isNaN(difference) || !(time > 0)) continue;
    const k = strike[row] as number;
    vote(votes[e] ?? [], { distance: Math.abs(k - chain.spot), forward: k + Math.exp(rate * time) * difference });
  }
  return Float64Array.from(votes, (list) => {
    const forward = list.length < FEWEST_STRIKES ? Number.NaN : median(list.map((entry) => entry.forward));
    return forward > 0 ? forward : Number.NaN;
  });
}

interface Vote {
  readonly distance: number;
  readonly forward: number;
}

/** Keeps the votes of the nearest strikes, ascending by distance (then by forward, so that the order of rows is irrelevant). */
function vote(list: Vote[], entry: Vote): void {
  const after = list.findIndex(
    (held) => entry.distance < held.distance || (entry.distance === held.distance && entry.forward < held.forward),
  );
  list.splice(after === -1 ? list.length : after, 0, entry);
  if (list.length > MOST_STRIKES) list.pop();
}

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  const middle = values.length >> 1;
  const upper = values[middle] as number;
  return values.length % 2 === 1 ? upper : 0.5 * (upper + (values[middle - 1] as number));
}
