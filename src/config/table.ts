import { type OptionRow, option, type SettingOf, toggle } from './option.js';
import { expirySelection, spotSelection, sweepRange } from './selections.js';
import { date, dateOr, duration, moment, timeOfDay } from './times.js';
import { decimal, httpAddress, listOf, oneOf, text, ticker, whole } from './values.js';

/**
 * Every option of every command is one row here; flags, environment, `.env`, YAML, help, completion and the documents
 * follow from it. A flag may stand in two rows when two commands mean different things by it.
 */
export const OPTIONS = {
  // Every command
  json: toggle({ flag: '--json', description: 'print exactly one JSON object on stdout' }),
  config: option({
    flag: '--config',
    env: 'GEX_CONFIG',
    type: text('FILE', 'the path of a YAML file'),
    otherwise: 'configs/default.yaml where it exists',
    description: 'YAML file with option values',
  }),
  logLevel: option({
    flag: '--log-level',
    env: 'GEX_LOG_LEVEL',
    yaml: 'log.level',
    type: oneOf('LEVEL', ['debug', 'info', 'warn', 'error', 'silent']),
    default: 'info',
    description: 'least severe log lines to print on stderr',
  }),
  verbose: toggle({ flag: '--verbose', short: '-v', description: 'the same as --log-level debug' }),
  quiet: toggle({ flag: '--quiet', short: '-q', description: 'only errors on stderr, no progress' }),
  noColor: toggle({
    flag: '--no-color',
    description: 'no colours (also NO_COLOR; FORCE_COLOR=1 turns them on in pipes)',
  }),
  dataDir: option({
    flag: '--data-dir',
    env: 'DATA_DIR',
    yaml: 'data_dir',
    type: text('FOLDER', 'the path of a folder'),
    default: './data',
    description: 'folder of the archive and of gex.db',
  }),

  // Pricing
  pricingModel: option({
    flag: '--model',
    env: 'GEX_PRICE_MODEL',
    yaml: 'price.model',
    type: oneOf('MODEL', ['bsm', 'black76']),
    default: 'bsm',
    description: 'pricing model: spot with a carry, or a forward',
  }),
  priceFormat: option({
    flag: '--format',
    env: 'GEX_PRICE_FORMAT',
    yaml: 'price.format',
    type: oneOf('FORMAT', ['table', 'csv', 'jsonl']),
    otherwise: 'table on a terminal, else csv',
    description: 'form of the output; csv and jsonl have every digit, table is rounded',
  }),
  priceAsOf: option({
    flag: '--as-of',
    env: 'GEX_PRICE_AS_OF',
    yaml: 'price.as_of',
    type: moment,
    otherwise: 'every row must have t',
    description: 'the moment to price at, for rows with an expiry (a date is the close of its session)',
  }),
  priceRate: option({
    flag: '--rate',
    env: 'GEX_PRICE_RATE',
    yaml: 'price.rate',
    type: decimal('RATE', -0.5, 1),
    default: 0,
    description: 'annual interest rate of rows that state none',
  }),
  priceYield: option({
    flag: '--yield',
    env: 'GEX_PRICE_YIELD',
    yaml: 'price.yield',
    type: decimal('YIELD', -0.5, 1),
    default: 0,
    description: 'annual dividend yield of rows that state none; black76 has no yield',
  }),
  asOf: option({
    flag: '--as-of',
    env: 'GEX_AS_OF',
    yaml: 'as_of',
    type: moment,
    otherwise: "the chain's own time, or now",
    description: 'the moment to compute at',
  }),

  // Exposure
  ticker: option({
    flag: '--ticker',
    env: 'GEX_TICKER',
    yaml: 'compute.ticker',
    type: ticker,
    default: 'SPY',
    description: 'underlying to compute',
  }),
  chain: option({
    flag: '--chain',
    env: 'GEX_CHAIN',
    yaml: 'compute.chain',
    type: text('FILE', 'the path of a chain file'),
    description: 'option chain file: CBOE JSON, CBOE CSV or gex-chain/1, gzip or not; - is stdin',
  }),
  source: option({
    flag: '--source',
    env: 'GEX_SOURCE',
    yaml: 'compute.source',
    type: oneOf('SOURCE', ['cboe', 'synth', 'store']),
    otherwise: "the store's chain of the current or last session, else cboe",
    description: 'where the chain comes from without --chain',
  }),
  expiry: option({
    flag: '--expiry',
    env: 'GEX_EXPIRY',
    yaml: 'compute.expiry',
    type: expirySelection,
    default: 'all',
    description: 'expiries that take part',
  }),
  preset: option({
    flag: '--preset',
    env: 'GEX_PRESET',
    yaml: 'compute.preset',
    type: oneOf('PRESET', ['default', 'perfiliev', 'gexbot', 'zerogex']),
    default: 'default',
    description: 'convention of a known publisher; the options below override its parts',
  }),
  unit: option({
    flag: '--unit',
    env: 'GEX_UNIT',
    yaml: 'compute.unit',
    type: oneOf('UNIT', ['usd-per-1pct', 'usd-per-point', 'shares-per-point']),
    otherwise: "the preset's",
    description: 'unit of gamma exposure',
  }),
  sign: option({
    flag: '--sign',
    env: 'GEX_SIGN',
    yaml: 'compute.sign',
    type: oneOf('SIGN', ['naive', 'short', 'reverse', 'per-contract']),
    otherwise: "the preset's",
    description: 'assumed sign of the dealers position',
  }),
  weight: option({
    flag: '--weight',
    env: 'GEX_WEIGHT',
    yaml: 'compute.weight',
    type: oneOf('WEIGHT', ['open-interest', 'volume']),
    otherwise: "the preset's",
    description: 'what weights each contract',
  }),
  iv: option({
    flag: '--iv',
    env: 'GEX_IV',
    yaml: 'compute.iv',
    type: oneOf('SOURCE', ['solve', 'chain']),
    otherwise: "the preset's",
    description: 'implied volatility: solved from the quotes, or as the chain states it',
  }),
  greeks: option({
    flag: '--greeks',
    env: 'GEX_GREEKS',
    yaml: 'compute.greeks',
    type: oneOf('SOURCE', ['own', 'chain']),
    otherwise: "the preset's",
    description: 'greeks: our own, or as the chain states them',
  }),
  spot: option({
    flag: '--spot',
    env: 'GEX_SPOT',
    yaml: 'compute.spot',
    type: spotSelection,
    default: 'current',
    description: 'price to compute at',
  }),
  rate: option({
    flag: '--rate',
    env: 'GEX_RATE',
    yaml: 'compute.rate',
    type: decimal('RATE', -0.5, 1),
    otherwise: "the chain's own, else the preset's",
    description: 'annual interest rate as a decimal',
  }),
  dividendYield: option({
    flag: '--yield',
    env: 'GEX_YIELD',
    yaml: 'compute.yield',
    type: decimal('YIELD', -0.5, 1),
    otherwise: "the chain's own, else the preset's",
    description: 'annual dividend yield as a decimal',
  }),
  sweep: option({
    flag: '--sweep',
    env: 'GEX_SWEEP',
    yaml: 'compute.sweep',
    type: sweepRange,
    otherwise: "the preset's",
    description: 'range of spot for the gamma curve and zero gamma',
  }),
  computeFormat: option({
    flag: '--format',
    env: 'GEX_COMPUTE_FORMAT',
    yaml: 'compute.format',
    type: oneOf('FORMAT', ['table', 'json', 'csv', 'gexbot', 'svg']),
    default: 'table',
    description: 'form of the output; --json is the same as json',
  }),
  store: toggle({ flag: '--store', description: 'keep the result in the archive and in gex.db' }),
  cboeBaseUrl: option({
    flag: '--cboe-base-url',
    env: 'GEX_CBOE_BASE_URL',
    yaml: 'cboe.base_url',
    type: httpAddress,
    default: 'https://cdn.cboe.com/api/global/delayed_quotes',
    description: 'address of the CBOE delayed quotes',
  }),

  // Synthetic sessions
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
    otherwise: 'gex synth picks one and prints it, gex compute takes 1',
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

  // Serving
  port: option({
    flag: '--port',
    env: 'PORT',
    yaml: 'serve.port',
    type: whole('PORT', 0, 65535),
    default: 8080,
    description: 'TCP port; 0 takes any free one',
  }),
  host: option({
    flag: '--host',
    env: 'HOST',
    yaml: 'serve.host',
    type: text('HOST', 'a host name or address'),
    default: '127.0.0.1',
    description: 'address to listen on; 0.0.0.0 for all',
  }),
  dataDate: option({
    flag: '--date',
    env: 'DATA_DATE',
    yaml: 'serve.date',
    type: dateOr(['latest']),
    default: 'latest',
    description: 'day of the archive to serve',
  }),
  dataMode: option({
    flag: '--data-mode',
    env: 'DATA_MODE',
    yaml: 'serve.data_mode',
    type: oneOf('MODE', ['memory', 'stream']),
    default: 'memory',
    description: 'keep the day in memory, or read each record from disk',
  }),
  cacheMode: option({
    flag: '--cache-mode',
    env: 'CACHE_MODE',
    yaml: 'serve.cache_mode',
    type: oneOf('MODE', ['exhaust', 'rotation']),
    default: 'exhaust',
    description: 'after the last record: 404, or start again',
  }),
  endpointCacheMode: option({
    flag: '--endpoint-cache-mode',
    env: 'ENDPOINT_CACHE_MODE',
    yaml: 'serve.endpoint_cache_mode',
    type: oneOf('MODE', ['shared', 'independent']),
    default: 'shared',
    description: 'one position per ticker and package, or one per endpoint',
  }),
  playbackMaxKeys: option({
    flag: '--playback-max-keys',
    env: 'PLAYBACK_MAX_KEYS',
    yaml: 'serve.playback_max_keys',
    type: whole('N', 1, 10_000_000),
    default: 10_000,
    description: 'API keys whose positions are kept; the least recently used one leaves',
  }),
  adminToken: option({
    flag: '--admin-token',
    env: 'ADMIN_TOKEN',
    yaml: 'serve.admin_token',
    type: text('TOKEN', 'the token of the routes that change the server'),
    otherwise: 'these routes need none on loopback and are refused beyond it',
    description: 'token for the routes that change the server',
    secret: true,
  }),

  // Demo
  check: toggle({ flag: '--check', description: 'request every address itself, then leave' }),
} as const;

export type OptionKey = keyof typeof OPTIONS;

/** The value of every option. */
export type Settings = { readonly [K in OptionKey]: SettingOf<(typeof OPTIONS)[K]> };

/** Rows as the generic code sees them. */
export type OptionTable = Readonly<Record<string, OptionRow<unknown>>>;
