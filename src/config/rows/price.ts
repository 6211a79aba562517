import { option } from '../option.js';
import { moment } from '../times.js';
import { decimal, oneOf } from '../values.js';

/** Options of `gex price`. */
export const PRICE_ROWS = {
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
} as const;
