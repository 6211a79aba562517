import { newYorkDate } from '../core/calendar.js';
import { priceBook } from '../core/chainvol.js';
import type { ConventionOptions } from '../core/convention.js';
import { type ExposureProfile, exposureProfileOf } from '../core/exposure.js';
import { gammaCurveOf } from '../core/gammacurve.js';
import type { ChainSnapshot } from '../core/model.js';
import { selectExpiries } from '../core/selection.js';
import { jsonText } from '../wire/decimal.js';
import { GEX_PRIOR_MINUTES, type GexChainRecord, USD_PER_RECORD_UNIT, writeGexChain } from '../wire/record.js';

/** Categories of the classic package: all expiries within 90 days, the nearest, the one after it. */
export const CLASSIC_CATEGORIES = ['gex_full', 'gex_zero', 'gex_one'] as const;
export type ClassicCategory = (typeof CLASSIC_CATEGORIES)[number];

const DAY_MS = 86_400_000;
const FULL_DAYS = 90;
/** The vendor's records have about this many strikes, those near spot. */
const MOST_STRIKES = 100;

/**
 * The classic record of one snapshot; undefined when the chain has no such expiry left. Gamma is per 1 % move whatever the
 * convention's unit, by volume and by open interest; zero gamma is of the volume curve. A single snapshot has no priors.
 */
export function classicRecord(
  chain: ChainSnapshot,
  category: ClassicCategory,
  options: ConventionOptions,
): Uint8Array | undefined {
  const days = liveDays(chain);
  const wanted =
    category === 'gex_full'
      ? days.filter((day) => day <= FULL_DAYS)
      : days.slice(...(category === 'gex_zero' ? [0, 1] : [1, 2]));
  if (wanted.length === 0) return undefined;
  const selected = selectExpiries(chain, (expiry) => wanted.includes(daysTo(chain, expiry.expiryMs)));
  const book = priceBook(selected, { ...options, unit: 'usd-per-1pct', weight: 'open-interest' });
  const profile = exposureProfileOf(book, { levels: 0 });
  const { zeroGamma } = gammaCurveOf(book, { weight: 'volume', levels: 0 });
  const out = jsonText();
  writeGexChain(out, recordOf(profile, zeroGamma, days));
  return out.bytes().slice();
}

/** Calendar days in New York to the expiries that have not settled, ascending and distinct. */
function liveDays(chain: ChainSnapshot): number[] {
  const live = chain.contracts.expiries.filter(({ expiryMs }) => expiryMs > chain.asOfMs);
  return [...new Set(live.map(({ expiryMs }) => daysTo(chain, expiryMs)))].sort((a, b) => a - b);
}

function daysTo(chain: ChainSnapshot, expiryMs: number): number {
  return Math.round((Date.parse(newYorkDate(expiryMs)) - Date.parse(newYorkDate(chain.asOfMs))) / DAY_MS);
}

function recordOf(profile: ExposureProfile, zeroGamma: number, days: readonly number[]): GexChainRecord {
  const { chain, byStrike, totals } = profile;
  const held = byStrike.filter((row) => row.netGexVolume !== 0 || row.netGexOpenInterest !== 0);
  const near = [...held].sort((a, b) => Math.abs(a.strike - chain.spot) - Math.abs(b.strike - chain.spot));
  const shown = new Set(near.slice(0, MOST_STRIKES));
  const rows = held.filter((row) => shown.has(row));
  const scaled = (values: readonly number[]): Float64Array => Float64Array.from(values, (v) => v / USD_PER_RECORD_UNIT);
  const strikeAt = (values: readonly number[], extreme: (...values: number[]) => number): number => {
    const best = extreme(0, ...values);
    return best === 0 ? Number.NaN : (byStrike[values.indexOf(best)]?.strike ?? Number.NaN);
  };
  const byVolume = byStrike.map((row) => row.netGexVolume || 0);
  const byInterest = byStrike.map((row) => row.netGexOpenInterest || 0);
  return {
    timestamp: Math.floor(chain.asOfMs / 1000),
    ticker: chain.underlying,
    spot: chain.spot,
    minDte: days[0] ?? Number.NaN,
    secMinDte: days[1] ?? Number.NaN,
    zeroGamma,
    majorPosVol: strikeAt(byVolume, Math.max),
    majorPosOi: strikeAt(byInterest, Math.max),
    majorNegVol: strikeAt(byVolume, Math.min),
    majorNegOi: strikeAt(byInterest, Math.min),
    ladder: {
      length: rows.length,
      strike: Float64Array.from(rows, (row) => row.strike),
      byVolume: scaled(rows.map((row) => row.netGexVolume)),
      byOpenInterest: scaled(rows.map((row) => row.netGexOpenInterest)),
      priors: GEX_PRIOR_MINUTES.map(() => new Float64Array(rows.length).fill(Number.NaN)),
    },
    sumGexVol: totals.netGexVolume / USD_PER_RECORD_UNIT,
    sumGexOi: totals.netGexOpenInterest / USD_PER_RECORD_UNIT,
    deltaRiskReversal: Number.NaN,
    maxPriors: [0, ...GEX_PRIOR_MINUTES].map(() => [Number.NaN, Number.NaN] as const),
  };
}
