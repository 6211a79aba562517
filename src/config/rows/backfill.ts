import { option, type ValueType } from '../option.js';
import { decimal, ticker, whole } from '../values.js';

const UNITS = ['Minute', 'Daily', 'Weekly', 'Monthly'] as const;

const barUnit: ValueType<(typeof UNITS)[number]> = {
  placeholder: 'UNIT',
  accepts: `one of ${UNITS.join(', ')}`,
  parse: (text) => UNITS.find((unit) => unit.toLowerCase() === text.toLowerCase()),
  format: String,
  choices: UNITS,
};

/** Options of `gex backfill`. */
export const BACKFILL_ROWS = {
  backfillUnderlying: option({
    flag: '--underlying',
    env: 'BACKFILL_UNDERLYING',
    yaml: 'backfill.underlying',
    type: ticker,
    default: 'SPY',
    description: 'stock, fund or index whose bars are fetched',
  }),
  lookbackDays: option({
    flag: '--lookback-days',
    env: 'BACKFILL_LOOKBACK_DAYS',
    yaml: 'backfill.lookback_days',
    type: whole('DAYS', 1, 3660),
    default: 1,
    description: 'calendar days before today; the sessions in them and of today are filled',
  }),
  backfillInterval: option({
    flag: '--interval',
    env: 'BACKFILL_INTERVAL',
    yaml: 'backfill.interval',
    type: whole('MINUTES', 1, 1440),
    default: 5,
    description: 'minutes per bar, counted from the open; for the unit Minute only',
  }),
  backfillUnit: option({
    flag: '--unit',
    env: 'BACKFILL_UNIT',
    yaml: 'backfill.unit',
    type: barUnit,
    default: 'Minute',
    description: 'unit of the bars',
  }),
  backfillExpirations: option({
    flag: '--expirations',
    env: 'BACKFILL_EXPIRATIONS',
    yaml: 'backfill.expirations',
    type: whole('N', 0, 50),
    default: 3,
    description: 'next expirations as of each session whose contracts are sampled; 0: bars of the underlying only',
  }),
  backfillDistance: option({
    flag: '--strike-distance',
    env: 'BACKFILL_STRIKE_DISTANCE',
    yaml: 'backfill.strike_distance',
    type: decimal('POINTS', 0, 100_000),
    default: 10,
    description: "how far from the session's last price strikes are sampled",
  }),
  sampleEvery: option({
    flag: '--sample-every',
    env: 'BACKFILL_SAMPLE_EVERY',
    yaml: 'backfill.sample_every',
    type: whole('N', 1, 1000),
    default: 1,
    description: 'every how many-th strike is sampled, counted from the one nearest to the price',
  }),
} as const;
