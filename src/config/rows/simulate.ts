import { option, toggle } from '../option.js';
import { moment } from '../times.js';
import { decimal, listOf, oneOf, text, ticker, whole } from '../values.js';

/** Options of `gex simulate`. */
export const SIMULATE_ROWS = {
  simulatePort: option({
    flag: '--port',
    env: 'GEX_SIMULATE_PORT',
    yaml: 'simulate.port',
    type: whole('PORT', 0, 65535),
    default: 4010,
    description: 'TCP port on 127.0.0.1; 0 takes any free one',
  }),
  simulateSpeed: option({
    flag: '--speed',
    env: 'GEX_SIMULATE_SPEED',
    yaml: 'simulate.speed',
    type: decimal('X', 0.01, 100_000),
    default: 1,
    description: 'market time per wall time; tokens, quotas and heartbeats keep wall time',
  }),
  simulateStart: option({
    flag: '--start',
    env: 'GEX_SIMULATE_START',
    yaml: 'simulate.start',
    type: moment,
    otherwise: "now while a session is on, else a minute before the last session's open",
    description: 'market instant to start at',
  }),
  simulateTickers: option({
    flag: '--tickers',
    env: 'GEX_SIMULATE_TICKERS',
    yaml: 'simulate.tickers',
    type: listOf(ticker, 'tickers separated by commas such as SPX,SPY'),
    otherwise: 'every ticker that gex synth knows',
    description: 'underlyings that exist, with their options',
  }),
  simulateQuotes: option({
    flag: '--quotes',
    env: 'GEX_SIMULATE_QUOTES',
    yaml: 'simulate.quotes',
    type: oneOf('GRID', ['tick', 'exact']),
    default: 'tick',
    description: 'option quotes on the exchange grid, or unrounded around the model price',
  }),
  simulateUpdates: option({
    flag: '--updates',
    env: 'GEX_SIMULATE_UPDATES',
    yaml: 'simulate.updates',
    type: whole('N', 1, 20),
    default: 1,
    description: 'times a second that the sizes of every quote change',
  }),
  simulateFaults: option({
    flag: '--faults',
    env: 'GEX_SIMULATE_FAULTS',
    yaml: 'simulate.faults',
    type: text('FILE', 'the path of a YAML or JSON list of faults'),
    otherwise: 'no faults until POST /__ctl/faults sets some',
    description: 'faults that requests and streams meet from the start',
  }),
  rotatingTokens: toggle({
    flag: '--rotate',
    description: 'every refresh gives a new refresh token and ends the old one',
  }),
  autoConsent: toggle({ flag: '--auto-consent', description: 'the sign-in page redirects at once, without a click' }),
} as const;
