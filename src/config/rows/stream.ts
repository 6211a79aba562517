import { option, toggle } from '../option.js';
import { decimal, listOf, oneOf, ticker, whole } from '../values.js';

/** Options of `gex stream`. */
export const STREAM_ROWS = {
  streamSource: option({
    flag: '--source',
    env: 'STREAM_SOURCE',
    yaml: 'stream.source',
    type: oneOf('SOURCE', ['tradestation', 'synth']),
    default: 'tradestation',
    description: 'whose market is recorded: TradeStation, or a synthetic session that plays now, without any account',
  }),
  streamUnderlyings: option({
    flag: '--underlying',
    env: 'STREAM_UNDERLYING',
    yaml: 'stream.underlying',
    type: listOf(ticker, 'underlyings separated by commas such as SPY,QQQ'),
    default: ['SPY'],
    description: 'underlyings to record; SPX is $SPX.X with the roots SPX and SPXW',
  }),
  streamExpirations: option({
    flag: '--expirations',
    env: 'STREAM_EXPIRATIONS',
    yaml: 'stream.expirations',
    type: whole('N', 1, 50),
    default: 3,
    description: 'next expiration dates to follow, every root of each',
  }),
  streamStrikeDistance: option({
    flag: '--strike-distance',
    env: 'STREAM_STRIKE_DISTANCE',
    yaml: 'stream.strike_distance',
    type: decimal('POINTS', 0, 10_000),
    default: 10,
    description: 'points of the underlying that strikes may be away from spot',
  }),
  streamInterval: option({
    flag: '--interval',
    env: 'STREAM_INTERVAL',
    yaml: 'stream.interval',
    type: whole('SECONDS', 1, 3600),
    default: 5,
    description: 'seconds between two records',
  }),
  streamMaxIterations: option({
    flag: '--max-iterations',
    env: 'STREAM_MAX_ITERATIONS',
    yaml: 'stream.max_iterations',
    type: whole('N', 1, 1_000_000),
    otherwise: 'the close of the session',
    description: 'ticks after which it ends',
  }),
  streamDebug: toggle({ flag: '--debug', description: 'the same as --log-level debug' }),
} as const;
