import type { ValueType } from './option.js';
import { date } from './times.js';
import { decimal } from './values.js';

/** Which expiries of a chain take part. */
type ExpirySelection = 'all' | '0dte' | readonly string[];

export const expirySelection: ValueType<ExpirySelection> = {
  placeholder: 'EXPIRY',
  accepts: `all, 0dte, or dates YYYY-MM-DD separated by commas`,
  parse: (text) => {
    const word = text.toLowerCase();
    if (word === 'all' || word === '0dte') return word;
    const dates = text.split(',').map((part) => date.parse(part.trim()));
    return dates.every((day) => day !== undefined) ? dates : undefined;
  },
  format: (value) => (typeof value === 'string' ? value : value.join(',')),
  choices: ['all', '0dte'],
  list: true,
};

/** The price exposures are computed at: the chain's own current price or last close, or a number. */
type SpotSelection = 'current' | 'close' | number;

const price = decimal('PRICE', 1e-6, 1e9);

export const spotSelection: ValueType<SpotSelection> = {
  placeholder: 'SPOT',
  accepts: 'current, close or a price above 0',
  parse: (text) => {
    const word = text.toLowerCase();
    return word === 'current' || word === 'close' ? word : price.parse(text);
  },
  format: String,
  choices: ['current', 'close'],
};

/** Lower and upper end as multiples of spot. */
type SweepRange = readonly [low: number, high: number];

const multiple = decimal('MULTIPLE', 0.01, 100);

export const sweepRange: ValueType<SweepRange> = {
  placeholder: 'LOW,HIGH',
  accepts: 'two multiples of spot LOW,HIGH from 0.01 to 100, the lower first, such as 0.8,1.2',
  parse: (text) => {
    const [low, high, ...rest] = text.split(',').map((part) => multiple.parse(part.trim()));
    if (low === undefined || high === undefined || rest.length > 0 || low >= high) return undefined;
    return [low, high];
  },
  format: ([low, high]) => `${low},${high}`,
};
