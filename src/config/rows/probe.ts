import { option } from '../option.js';
import { decimal, text, truth } from '../values.js';

/** Options of `gex probe`. */
export const PROBE_ROWS = {
  probeSymbol: option({
    flag: '--symbol',
    env: 'GEX_PROBE_SYMBOL',
    yaml: 'probe.symbol',
    type: text('SYMBOL', 'a ticker such as SPY or SPX'),
    default: 'SPY',
    description: 'underlying to ask for',
  }),
  probeWait: option({
    flag: '--wait',
    env: 'GEX_PROBE_WAIT',
    yaml: 'probe.wait',
    type: decimal('SECONDS', 0.1, 3600),
    default: 10,
    description: 'seconds to wait for the first message of a stream',
  }),
  tsWarnHours: option({
    flag: '--warn-market-hours',
    env: 'TS_WARN_MARKET_HOURS',
    yaml: 'tradestation.warn_market_hours',
    type: truth,
    default: true,
    description: 'warn when the market is closed',
  }),
} as const;
