import type { Convention } from '../core/convention.js';
import type { ExposureProfile } from '../core/exposure.js';
import type { Exposures } from '../core/exposuresums.js';

/** Schema of what `gex compute --json` prints. */
const COMPUTE_SCHEMA = 'gex-compute/1';

/** Exposures as they are printed, in this order; NaN becomes null. */
const EXPOSURE_KEYS = [
  'callGex',
  'putGex',
  'netGex',
  'absGex',
  'netGexVolume',
  'dexMarket',
  'dexDealer',
  'vexMarket',
  'vexDealer',
  'chexMarket',
  'chexDealer',
  'callDex',
  'putDex',
  'callVex',
  'putVex',
  'callChex',
  'putChex',
  'callOpenInterest',
  'putOpenInterest',
  'callVolume',
  'putVolume',
] as const satisfies readonly (keyof Exposures)[];

type Document = Readonly<Record<string, unknown>>;

/** A profile as one plain object, ready for JSON: nothing rounded, unknown is null. `ageMs` is the age of the chain, NaN when unknown. */
export function computeDocument(profile: ExposureProfile, ageMs: number): Document {
  const { chain, convention, totals, byStrike, byExpiry, curve, coverage, warnings } = profile;
  return {
    schema: COMPUTE_SCHEMA,
    underlying: chain.underlying,
    asOf: Number.isNaN(chain.asOfMs) ? null : new Date(chain.asOfMs).toISOString(),
    spot: chain.spot,
    source: { kind: chain.source.kind, name: chain.source.name, ageSeconds: orNull(ageMs / 1000) },
    convention: conventionDocument(convention, chain.model),
    totals: exposures(totals),
    levels: levels(profile),
    byStrike: byStrike.map((row) => ({ strike: row.strike, ...exposures(row) })),
    byExpiry: byExpiry.map((row) => ({
      expiry: row.expiry.label,
      root: row.expiry.root,
      settlement: row.expiry.settlement,
      years: orNull(row.years),
      ...exposures(row),
    })),
    profile: Array.from(curve.profile.spot, (spot, i) => ({ spot, netGex: curve.profile.netGex[i] })),
    coverage: { ...coverage, openInterestShare: orNull(coverage.openInterestShare) },
    warnings,
  };
}

/** The convention with the units its figures are in. */
export function conventionDocument(convention: Convention, model: string): Document {
  const { sweep, rate, dividendYield, ...rest } = convention;
  return {
    ...rest,
    model,
    rate,
    dividendYield: orNull(dividendYield),
    dexUnit: 'usd',
    vexUnit: 'usd-per-vol-point',
    chexUnit: 'usd-per-day',
    sweep: { ranges: sweep.rungs, levels: sweep.levels, root: sweep.root },
  };
}

function levels({ chain, levels: at, curve }: ExposureProfile): Document {
  const { strikeCrossings, maxPain, putCallRatio, ...walls } = at;
  return {
    zeroGamma: orNull(curve.zeroGamma),
    zeroGammaReason: curve.reason === '' ? null : curve.reason,
    zeroGammas: curve.zeros,
    searched: curve.range,
    strikeCrossings: nullified(strikeCrossings),
    ...nullified(walls),
    putCallRatio: nullified(putCallRatio),
    maxPain: maxPain.map(({ expiry, strike, ties }) => {
      const listed = chain.contracts.expiries[expiry];
      return {
        expiry: listed?.label,
        strike: orNull(strike),
        root: listed?.root,
        settlement: listed?.settlement,
        ties: ties.length > 1 ? ties : [],
      };
    }),
  };
}

function exposures(row: Exposures): Document {
  return Object.fromEntries(EXPOSURE_KEYS.map((key) => [key, orNull(row[key])]));
}

function nullified(numbers: Readonly<Record<string, number>>): Document {
  return Object.fromEntries(Object.entries(numbers).map(([key, value]) => [key, orNull(value)]));
}

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** Exposures by strike as CSV with full precision; unknown cells are empty. */
export function strikesCsv(profile: ExposureProfile): string {
  const cell = (value: number): string => (Number.isFinite(value) ? String(value) : '');
  const lines = profile.byStrike.map((row) =>
    [row.strike, ...EXPOSURE_KEYS.map((key) => row[key])].map(cell).join(','),
  );
  return `${[['strike', ...EXPOSURE_KEYS].join(','), ...lines].join('\n')}\n`;
}
