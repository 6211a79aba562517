import type { Published } from './live-publish.js';

/** What one tick of one underlying came to. */
export interface StreamTick {
  readonly ticker: string;
  /** Epoch ms, on the grid of the interval. */
  readonly atMs: number;
  /** Why there is no record of this tick; undefined when there is one. */
  readonly missing?: string;
  /** Contracts that are followed. */
  readonly contracts: number;
  /** Share of them whose quote is younger than a minute. */
  readonly quoted: number;
  /** Since anything was last heard of the underlying; NaN before. */
  readonly dataAgeMs: number;
  /** Contracts without a price in this record. */
  readonly rejects: number;
  /** Symbols that the vendor refuses. */
  readonly refused: number;
  readonly gaps: number;
  /** The vendor marks the quotes as delayed. */
  readonly delayed: boolean;
  readonly spot: number;
  /** USD per 1 % of the underlying; NaN without a record. */
  readonly netGex: number;
  readonly zeroGamma: number;
  readonly callWall: number;
  readonly putWall: number;
  /** From the snapshot until readers of the archive could see its records. */
  readonly publishMs: number;
}

/** The figures of a published snapshot. */
export function figuresOf({ profile, elapsedMs }: Published) {
  const { totals, levels, curve, coverage } = profile;
  return {
    netGex: totals.callGex + totals.putGex,
    zeroGamma: curve.zeroGamma,
    callWall: levels.callWall,
    putWall: levels.putWall,
    rejects: coverage.contracts - coverage.priced,
    publishMs: elapsedMs,
  };
}

/** The figures where there is no record. */
export const NO_FIGURES = {
  ...{ netGex: Number.NaN, zeroGamma: Number.NaN, callWall: Number.NaN, putWall: Number.NaN },
  ...{ rejects: 0, publishMs: Number.NaN },
};
