import { option, toggle } from '../option.js';
import { decimal, listOf, listOrAll, lowerName, ticker, truth, whole } from '../values.js';

const CATEGORY_NAMES = listOrAll(lowerName, 'categories separated by commas such as gex_full,gex_zero');

/** Options of `gex download`; YAML names and defaults of GexBot contract section 2.4. */
export const DOWNLOAD_ROWS = {
  lookback: option({
    flag: '--lookback',
    type: whole('DAYS', 1, 3660),
    otherwise: 'the dates of the arguments',
    description: 'days before today to download, instead of dates',
  }),
  downloadTickers: option({
    flag: '--tickers',
    env: 'GEXBOT_TICKERS',
    yaml: 'tickers',
    type: listOf(ticker, 'tickers separated by commas such as SPX,ES_SPX'),
    default: ['SPX'],
    description: 'tickers to download',
  }),
  downloadPackages: option({
    flag: '--packages',
    type: listOf(lowerName, 'packages separated by commas such as classic,state'),
    otherwise: 'the enabled ones',
    description: 'packages to download',
  }),
  downloadCategories: option({
    flag: '--categories',
    type: listOf(lowerName, 'categories separated by commas such as gex_full,gex_zero'),
    otherwise: 'the ones of each package',
    description: 'categories to download, of the packages that have them',
  }),
  classicEnabled: option({
    flag: '--classic',
    env: 'GEXBOT_PACKAGES_CLASSIC_ENABLED',
    yaml: 'packages.classic.enabled',
    type: truth,
    default: true,
    description: 'whether the classic package is downloaded',
  }),
  classicCategories: option({
    flag: '--classic-categories',
    env: 'GEXBOT_PACKAGES_CLASSIC_CATEGORIES',
    yaml: 'packages.classic.categories',
    type: CATEGORY_NAMES,
    default: [],
    description: 'categories of the classic package',
  }),
  stateEnabled: option({
    flag: '--state',
    env: 'GEXBOT_PACKAGES_STATE_ENABLED',
    yaml: 'packages.state.enabled',
    type: truth,
    default: true,
    description: 'whether the state package is downloaded',
  }),
  stateCategories: option({
    flag: '--state-categories',
    env: 'GEXBOT_PACKAGES_STATE_CATEGORIES',
    yaml: 'packages.state.categories',
    type: CATEGORY_NAMES,
    default: ['gex_full', 'gex_zero', 'gex_one', 'delta_zero', 'gamma_zero', 'vanna_zero', 'charm_zero'],
    description: 'categories of the state package',
  }),
  orderflowEnabled: option({
    flag: '--orderflow',
    env: 'GEXBOT_PACKAGES_ORDERFLOW_ENABLED',
    yaml: 'packages.orderflow.enabled',
    type: truth,
    default: false,
    description: 'whether the orderflow package is downloaded',
  }),
  orderflowCategories: option({
    flag: '--orderflow-categories',
    env: 'GEXBOT_PACKAGES_ORDERFLOW_CATEGORIES',
    yaml: 'packages.orderflow.categories',
    type: CATEGORY_NAMES,
    default: [],
    description: 'categories of the orderflow package',
  }),
  downloadWorkers: option({
    flag: '--workers',
    env: 'GEXBOT_DOWNLOAD_WORKERS',
    yaml: 'download.workers',
    type: whole('N', 1, 64),
    default: 3,
    description: 'files that are fetched at once',
  }),
  downloadRate: option({
    flag: '--rate',
    env: 'GEXBOT_DOWNLOAD_RATE_PER_SECOND',
    yaml: 'download.rate_per_second',
    type: decimal('N', 0.01, 1000),
    default: 2,
    description: 'requests per second of all workers and processes of the data folder',
  }),
  downloadResume: option({
    flag: '--resume',
    env: 'GEXBOT_DOWNLOAD_RESUME_ENABLED',
    yaml: 'download.resume_enabled',
    type: truth,
    default: true,
    description: 'whether files that were cut go on where they stopped',
  }),
  refetch: toggle({ flag: '--force', description: 'fetch files again that are held already' }),
  dryRun: toggle({ flag: '--dry-run', description: 'print what would be fetched and do nothing; needs no key' }),
} as const;

/** What is downloaded and how: every command that downloads. */
export const DOWNLOAD_KEYS = [
  'downloadTickers',
  'downloadPackages',
  'downloadCategories',
  'classicEnabled',
  'classicCategories',
  'stateEnabled',
  'stateCategories',
  'orderflowEnabled',
  'orderflowCategories',
  'downloadWorkers',
  'downloadRate',
  'downloadResume',
] as const satisfies readonly (keyof typeof DOWNLOAD_ROWS)[];
