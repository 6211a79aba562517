import { option, toggle } from '../option.js';
import { date, duration, timeOfDay } from '../times.js';
import { listOf, oneOf, ticker, whole } from '../values.js';

/** Options of `gex synth`. */
export const SYNTH_ROWS = {
  synthDate: option({
    flag: '--date',
    env: 'GEX_SYNTH_DATE',
    yaml: 'synth.date',
    type: date,
    otherwise: 'the last session',
    description: 'session to synthesise',
  }),
  tickers: option({
    flag: '--tickers',
    env: 'GEX_TICKERS',
    yaml: 'synth.tickers',
    type: listOf(ticker, 'tickers separated by commas such as SPX,SPY'),
    default: ['SPX'],
    description: 'tickers to synthesise',
  }),
  seed: option({
    flag: '--seed',
    env: 'GEX_SEED',
    yaml: 'synth.seed',
    type: whole('N', 0, 0xffffffff),
    otherwise: 'gex synth and gex simulate pick one and print it, gex compute and gex serve take 1',
    description: 'seed; the same seed makes the same bytes',
  }),
  pathModel: option({
    flag: '--model',
    env: 'GEX_SYNTH_MODEL',
    yaml: 'synth.model',
    type: oneOf('MODEL', ['gbm', 'merton', 'heston']),
    default: 'gbm',
    description: 'process of the spot path',
  }),
  interval: option({
    flag: '--interval',
    env: 'GEX_SYNTH_INTERVAL',
    yaml: 'synth.interval',
    type: duration(1000, 3_600_000),
    default: 5000,
    description: 'time between two records',
  }),
  exposureInterval: option({
    flag: '--exposure-interval',
    env: 'GEX_SYNTH_EXPOSURE_INTERVAL',
    yaml: 'synth.exposure_interval',
    type: duration(1000, 86_400_000),
    default: 60_000,
    description: 'time between two instants whose exposures by strike go to the store',
  }),
  sessionStart: option({
    flag: '--start',
    env: 'GEX_SYNTH_START',
    yaml: 'synth.start',
    type: timeOfDay,
    otherwise: 'the opening of the session',
    description: 'New York time of the first record',
  }),
  sessionEnd: option({
    flag: '--end',
    env: 'GEX_SYNTH_END',
    yaml: 'synth.end',
    type: timeOfDay,
    otherwise: 'the close of the session',
    description: 'New York time of the last record',
  }),
  replace: toggle({ flag: '--force', description: 'replace record files of that session that are there already' }),
} as const;
