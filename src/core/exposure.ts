import { GexError } from '../errors.js';
import { type Book, priceBook } from './chainvol.js';
import type { Convention, ConventionOptions } from './convention.js';
import { type Exposures, exposuresBy, totalOf } from './exposuresums.js';
import { type GammaCurve, gammaCurveOf } from './gammacurve.js';
import { type StrikeExposures, type StrikeLevels, strikeLevels } from './levels.js';
import type { ChainSnapshot, Expiry } from './model.js';
import { EXCLUSIONS, PRICED } from './quotes.js';
import { strikeGroups } from './strikes.js';
import { unitExposures } from './unitexposures.js';

export interface ExpiryExposures extends Exposures {
  readonly expiry: Expiry;
  /** Year fraction in the convention's clock; 0 or less: expired. */
  readonly years: number;
}

/** Contracts in = priced + excluded, rows the reader turned away included. */
export interface Coverage {
  readonly contracts: number;
  readonly priced: number;
  /** Open interest of priced contracts over that of all; NaN when there is none. */
  readonly openInterestShare: number;
  readonly excluded: Readonly<Record<string, number>>;
}

/** A chain's exposures in one convention: in total, by strike (ascending) and by expiry, with the levels read off them. */
export interface ExposureProfile {
  readonly chain: ChainSnapshot;
  readonly convention: Convention;
  readonly totals: Exposures;
  readonly byStrike: readonly StrikeExposures[];
  readonly byExpiry: readonly ExpiryExposures[];
  readonly levels: StrikeLevels;
  readonly curve: GammaCurve;
  readonly coverage: Coverage;
  readonly warnings: readonly string[];
}

/** Exposures, levels and the gamma curve of a chain. Throws `data` when the convention asks for what the chain does not have. */
export function exposureProfile(chain: ChainSnapshot, options: ConventionOptions = {}): ExposureProfile {
  return exposureProfileOf(priceBook(chain, options));
}

/** The same of a priced book; `levels` is the number of spots of the curve's profile. */
export function exposureProfileOf(book: Book, options: { readonly levels?: number } = {}): ExposureProfile {
  const { chain, convention } = book;
  requireDealerPositions(chain, convention);
  const { units, exclusion } = unitExposures(book);
  const { strikes, groupOf } = strikeGroups(chain.contracts);
  const by = (groups: ArrayLike<number>, count: number): Exposures[] =>
    exposuresBy(chain, convention, units, groups, count);
  const byStrike = by(groupOf, strikes.length).map((row, i) => ({ strike: strikes[i] as number, ...row }));
  const byExpiry = by(chain.contracts.expiry, chain.contracts.expiries.length).map((row, i) => ({
    expiry: chain.contracts.expiries[i] as Expiry,
    years: book.years[i] as number,
    ...row,
  }));
  const totals = totalOf(byExpiry);
  return {
    chain,
    convention,
    totals,
    byStrike,
    byExpiry,
    levels: strikeLevels(chain, byStrike, totals),
    curve: gammaCurveOf(book, options),
    coverage: coverageOf(chain, exclusion),
    warnings: [...chain.warnings, ...book.warnings],
  };
}

function requireDealerPositions(chain: ChainSnapshot, convention: Convention): void {
  if (convention.sign !== 'per-contract' || chain.dealerPosition !== undefined) return;
  throw new GexError(
    'data',
    `${chain.source.name}: sign per-contract needs the dealers' position in every contract ("dealerPosition"), and the chain has none`,
  );
}

function coverageOf(chain: ChainSnapshot, exclusion: Uint8Array): Coverage {
  const excluded: Record<string, number> = {};
  let rows = chain.contracts.length;
  for (const [reason, count] of Object.entries(chain.rejected)) {
    excluded[reason.replaceAll(' ', '-')] = count;
    rows += count;
  }
  let priced = 0;
  let interest = 0;
  let covered = 0;
  for (let row = 0; row < exclusion.length; row++) {
    const code = exclusion[row] as number;
    const contracts = chain.openInterest[row] as number;
    if (contracts > 0) interest += contracts;
    if (code === PRICED) {
      priced++;
      if (contracts > 0) covered += contracts;
    } else {
      const reason = EXCLUSIONS[code] as string;
      excluded[reason] = (excluded[reason] ?? 0) + 1;
    }
  }
  return { contracts: rows, priced, openInterestShare: interest > 0 ? covered / interest : Number.NaN, excluded };
}
