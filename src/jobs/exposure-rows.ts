import type { ExposureProfile } from '../core/exposure.js';
import type { Exposures } from '../core/exposuresums.js';
import type { ExposureName, StrikeExposures } from '../stores/sql/exposures.js';
import type { StoredLevels } from '../stores/sql/levels.js';

/** What the store keeps of one profile, ready to be inserted once the convention has its number. */
export interface ExposureRows {
  readonly convention: ExposureProfile['convention'];
  readonly exposures: Omit<StrikeExposures, 'conventionId'>;
  readonly levels: Omit<StoredLevels, 'conventionId'>;
}

const NAMES = [
  'callGex',
  'putGex',
  'callGexVolume',
  'putGexVolume',
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
] as const satisfies readonly (ExposureName & keyof Exposures)[];

/** Exposures by strike and levels of a profile as rows under a ticker. */
export function exposureRows(ticker: string, profile: ExposureProfile): ExposureRows {
  const { byStrike, chain, convention, totals, levels, curve } = profile;
  const head = { ticker, asOfMs: chain.asOfMs };
  const column = (name: (typeof NAMES)[number]): Float64Array => Float64Array.from(byStrike, (row) => row[name]);
  return {
    convention,
    exposures: {
      ...head,
      strike: Float64Array.from(byStrike, (row) => row.strike),
      columns: Object.fromEntries(NAMES.map((name) => [name, column(name)])),
    },
    levels: {
      ...head,
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
