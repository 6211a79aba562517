import type { Book } from '../core/chainvol.js';
import { type ExposureProfile, exposureProfileOf } from '../core/exposure.js';
import type { StrikeExposures } from '../stores/sql/exposures.js';
import type { StoredLevels } from '../stores/sql/levels.js';

/** What the store keeps of one priced chain, ready to be inserted once the convention has its number. */
export interface ExposureRows {
  /** The convention of the open interest figures; those by volume differ from it in their weight only. */
  readonly convention: ExposureProfile['convention'];
  readonly exposures: Omit<StrikeExposures, 'conventionId'>;
  readonly levels: Omit<StoredLevels, 'conventionId'>;
}

const COLUMNS = [
  'callGex',
  'putGex',
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
] as const;

/** Exposures by strike and levels of a book by open interest, and its gamma by volume beside it. */
export function exposureRows(ticker: string, book: Book): ExposureRows {
  const profile = exposureProfileOf(weighted(book, 'open-interest'), { levels: 0 });
  const byVolume = exposureProfileOf(weighted(book, 'volume'), { levels: 0 }).byStrike;
  const { byStrike, chain, totals, levels, curve } = profile;
  const column = (of: (typeof COLUMNS)[number], rows = byStrike) => Float64Array.from(rows, (row) => row[of]);
  return {
    convention: profile.convention,
    exposures: {
      ticker,
      asOfMs: chain.asOfMs,
      strike: Float64Array.from(byStrike, (row) => row.strike),
      columns: {
        ...Object.fromEntries(COLUMNS.map((name) => [name, column(name)])),
        callGexVolume: column('callGex', byVolume),
        putGexVolume: column('putGex', byVolume),
      },
    },
    levels: {
      ticker,
      asOfMs: chain.asOfMs,
      spot: chain.spot,
      callGex: totals.callGex,
      putGex: totals.putGex,
      zeroGamma: curve.zeroGamma,
      ...(curve.reason === '' ? {} : { zeroGammaReason: curve.reason }),
      callWall: levels.callWall,
      putWall: levels.putWall,
      absGammaStrike: levels.absGammaStrike,
      callOiWall: levels.callOiWall,
      putOiWall: levels.putOiWall,
    },
  };
}

function weighted(book: Book, weight: 'open-interest' | 'volume'): Book {
  return { ...book, convention: { ...book.convention, weight } };
}
