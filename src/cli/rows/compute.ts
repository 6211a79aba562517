import { TRADESTATION_KEYS } from '../../config/rows/tradestation.js';
import type { Command } from '../command.js';

/** Numbers: of a chain, of rows, of a market made up. */
export const COMPUTE_COMMANDS: readonly Command[] = [
  {
    name: 'compute',
    summary: 'compute gamma exposure, zero gamma and the levels of an option chain',
    options: [
      'ticker',
      'chain',
      'source',
      'asOf',
      'expiry',
      'spot',
      'preset',
      'unit',
      'sign',
      'weight',
      'iv',
      'greeks',
      'rate',
      'dividendYield',
      'sweep',
      'computeFormat',
      'store',
      'seed',
      'cboeBaseUrl',
      ...TRADESTATION_KEYS,
      'expirations',
      'expiryDays',
      'strikeDistance',
      'dataDir',
    ],
    examples: [
      {
        command: 'gex compute --ticker SPY',
        explains: 'delayed quotes of Cboe, or the stored chain when it is recent',
      },
      {
        command: 'gex compute --source synth --ticker SPX --expiry 0dte',
        explains: 'a synthetic chain, without network',
      },
      {
        command: 'gex compute --chain spx.csv.gz --preset perfiliev --json',
        explains: 'a file, in a known convention',
      },
      {
        command: 'gex compute --source tradestation --ticker SPY --expirations 3',
        explains: 'your own quotes, now; a whole chain takes a request for each expiry and each 100 contracts',
      },
      { command: 'gex compute --ticker SPX --store', explains: 'keep the records, exposures and levels too' },
    ],
    exits: ['auth', 'upstream', 'data', 'storage', 'missing'],
    load: () => import('../commands/compute.js'),
  },
  {
    name: 'price',
    summary:
      'price options from CSV or JSONL: price and 12 greeks from a vol, implied volatility and greeks from a price',
    arguments: [
      {
        name: 'FILE',
        required: false,
        description:
          'CSV with a header or JSONL, gzip or not; - or nothing is stdin. Columns: id, type (c, p, call, put), spot (or forward), strike, t (years) or expiry, rate, yield, and vol or price',
      },
    ],
    options: ['pricingModel', 'priceFormat', 'priceAsOf', 'priceRate', 'priceYield'],
    examples: [
      { command: 'gex price options.csv', explains: 'a row out for every row in, in the same order' },
      {
        command: "echo 'type,spot,strike,t,vol\nc,100,105,0.25,0.2' | gex price - --rate 0.04 --format jsonl",
        explains: 'from stdin, numbers with every digit',
      },
      {
        command: 'gex price quotes.jsonl --model black76 --as-of 2026-08-19T15:45',
        explains: 'options on futures, years from the expiry dates',
      },
    ],
    exits: ['data', 'storage', 'missing', 'partial'],
    load: () => import('../commands/price.js'),
  },
  {
    name: 'synth',
    summary: 'make a whole market session from a seed, with record files of every category, ticks and exposures',
    options: [
      'dataDir',
      'synthDate',
      'tickers',
      'seed',
      'pathModel',
      'interval',
      'exposureInterval',
      'sessionStart',
      'sessionEnd',
      'replace',
    ],
    examples: [
      { command: 'gex synth', explains: 'the last session of SPX, a record every 5 seconds' },
      {
        command: 'gex synth --tickers SPX,SPY --seed 7 --model heston --interval 1s',
        explains: 'two tickers at full rate; the same bytes on every run',
      },
      { command: 'gex synth --date 2026-08-19 --start 09:30 --end 10:00 --force', explains: 'half an hour, again' },
    ],
    exits: ['missing', 'storage'],
    load: () => import('../commands/synth.js'),
  },
];
