import type { Exposures } from './exposuresums.js';
import { type MaxPain, maxPains } from './maxpain.js';
import type { ChainSnapshot } from './model.js';

export interface StrikeExposures extends Exposures {
  readonly strike: number;
}

/** Levels read off the exposures by strike at spot. NaN is: there is none. */
export interface StrikeLevels {
  /** Where snapshot net gamma by strike changes sign: its running sum (first, nearest to spot), neighbouring strikes (first). */
  readonly strikeCrossings: {
    readonly cumulativeFirst: number;
    readonly cumulativeNearest: number;
    readonly adjacentFirst: number;
  };
  /** Strikes of the largest call and put gamma, in size. */
  readonly callWall: number;
  readonly putWall: number;
  /** Strike of the largest call and put gamma together, un-netted. */
  readonly absGammaStrike: number;
  readonly callOiWall: number;
  readonly putOiWall: number;
  readonly callVolumeWall: number;
  readonly putVolumeWall: number;
  /** Puts over calls; NaN where there are no calls, or no puts are listed. */
  readonly putCallRatio: { readonly openInterest: number; readonly volume: number };
  readonly maxPain: readonly MaxPain[];
}

/** Walls, crossings, ratios and max pain of exposures by ascending strike. */
export function strikeLevels(
  chain: ChainSnapshot,
  byStrike: readonly StrikeExposures[],
  totals: Exposures,
): StrikeLevels {
  const twoSided = chain.contracts.side.includes(1) && chain.contracts.side.includes(-1);
  const wall = (figure: (row: StrikeExposures) => number): number => strikeOfLargest(byStrike, chain.spot, figure);
  return {
    strikeCrossings: crossings(byStrike, chain.spot),
    callWall: wall((row) => Math.abs(row.callGex)),
    putWall: wall((row) => Math.abs(row.putGex)),
    absGammaStrike: wall((row) => row.absGex),
    callOiWall: wall((row) => row.callOpenInterest),
    putOiWall: wall((row) => row.putOpenInterest),
    callVolumeWall: wall((row) => row.callVolume),
    putVolumeWall: wall((row) => row.putVolume),
    putCallRatio: {
      openInterest: twoSided ? ratio(totals.putOpenInterest, totals.callOpenInterest) : Number.NaN,
      volume: twoSided ? ratio(totals.putVolume, totals.callVolume) : Number.NaN,
    },
    maxPain: maxPains(chain),
  };
}

/** Ties go to the strike nearest to spot, then to the lower one. NaN when no figure is above 0. */
function strikeOfLargest(
  rows: readonly StrikeExposures[],
  spot: number,
  figure: (row: StrikeExposures) => number,
): number {
  let best = Number.NaN;
  let largest = 0;
  for (const row of rows) {
    const value = figure(row);
    const nearer = value === largest && Math.abs(row.strike - spot) < Math.abs(best - spot);
    if (!(value > largest || nearer)) continue;
    largest = value;
    best = row.strike;
  }
  return best;
}

function ratio(puts: number, calls: number): number {
  return calls > 0 ? puts / calls : Number.NaN;
}

interface Point {
  readonly strike: number;
  readonly value: number;
}

function crossings(rows: readonly StrikeExposures[], spot: number): StrikeLevels['strikeCrossings'] {
  const net = rows.map(({ strike, netGex }) => ({ strike, value: netGex }));
  let running = 0;
  const cumulative = net.map(({ strike, value }) => {
    running += value;
    return { strike, value: running };
  });
  const runs = crossingsOf(cumulative);
  return {
    cumulativeFirst: runs[0] ?? Number.NaN,
    cumulativeNearest: runs.reduce((a, b) => (Math.abs(b - spot) < Math.abs(a - spot) ? b : a), runs[0] ?? Number.NaN),
    // Strikes without net gamma say nothing: neighbours are those that have some.
    adjacentFirst: crossingsOf(net.filter((point) => point.value !== 0))[0] ?? Number.NaN,
  };
}

/** Where straight lines through the points change sign, ascending. */
function crossingsOf(points: readonly Point[]): number[] {
  const found: number[] = [];
  let last: Point | undefined;
  let zero: number | undefined;
  for (const point of points) {
    if (point.value === 0) {
      zero ??= point.strike;
      continue;
    }
    if (last !== undefined && last.value > 0 !== point.value > 0) {
      const width = point.strike - last.strike;
      found.push(zero ?? last.strike + (width * last.value) / (last.value - point.value));
    }
    last = point;
    zero = undefined;
  }
  return found;
}
