import { DAY_MS, nthWeekday } from '../core/holidays.js';
import { GexError } from '../errors.js';
import type { Library } from './library.js';

/** A future and the tickers whose prices convert to it: future = multiplier x price + additive. */
interface FutureRow {
  readonly future: string;
  /** Multipliers by ticker. Those of funds are round figures of 2025: their funds drift away from them slowly. */
  readonly multipliers: Readonly<Record<string, number>>;
  /** The ticker of the vendor's futures view, whose loaded records tell the basis. */
  readonly view?: string;
  /** Contract months as numbers. */
  readonly months: readonly number[];
  /** Days from the first of the contract month to the day the next contract takes over. */
  readonly rollsAfterDays: (year: number, month: number) => number;
}

const QUARTERS = [3, 6, 9, 12] as const;
/** Equity index futures: volume moves on the Thursday, eight days before the third Friday. */
const beforeThirdFriday = (year: number, month: number): number =>
  nthWeekday(year, month, 5, 3) - 8 - Date.UTC(year, month - 1, 1) / DAY_MS;

const FUTURES: readonly FutureRow[] = [
  {
    ...{ future: 'ES', multipliers: { SPX: 1, SPY: 10 }, view: 'ES_SPX' },
    ...{ months: QUARTERS, rollsAfterDays: beforeThirdFriday },
  },
  {
    ...{ future: 'NQ', multipliers: { NDX: 1, QQQ: 41 }, view: 'NQ_NDX' },
    ...{ months: QUARTERS, rollsAfterDays: beforeThirdFriday },
  },
  { future: 'RTY', multipliers: { RUT: 1, IWM: 10 }, months: QUARTERS, rollsAfterDays: beforeThirdFriday },
  { future: 'YM', multipliers: { DIA: 100 }, months: QUARTERS, rollsAfterDays: beforeThirdFriday },
  // Gold rolls some days before the month begins, crude oil around the 18th of the month before.
  { future: 'GC', multipliers: { GLD: 10.9 }, months: [2, 4, 6, 8, 10, 12], rollsAfterDays: () => -3 },
  {
    future: 'CL',
    multipliers: { USO: 0.9 },
    months: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    rollsAfterDays: () => -13,
  },
];

/** What is added where the archive does not tell the basis. */
const UNKNOWN_BASIS = 0;

const MONTH_LETTERS = 'FGHJKMNQUVXZ';

interface Conversion {
  readonly future_contract: string;
  readonly multiplier: number;
  readonly additive: number;
}

/**
 * How prices of a ticker become prices of a future (contract section 1.5, row 14). The basis is that of the last record
 * of the loaded futures view when it and the ticker are loaded, else 0. Throws `usage` for a pair that is not converted.
 */
export async function conversionOf(ticker: string, future: string, library: Library): Promise<Conversion> {
  const row = FUTURES.find((row) => row.future === future && row.multipliers[ticker] !== undefined);
  const multiplier = row?.multipliers[ticker];
  if (row === undefined || multiplier === undefined) {
    const pairs = FUTURES.map(({ future, multipliers }) => `${Object.keys(multipliers).join(' or ')} to ${future}`);
    throw new GexError('usage', `No conversion from ${ticker} to ${future}; there are ${pairs.join(', ')}.`);
  }
  const basis = row.view === undefined ? undefined : await basisOf(library, ticker, row.view, multiplier);
  return {
    future_contract: row.future + contractAt(row, library.date.slice(-10)),
    multiplier,
    additive: Math.round((basis ?? UNKNOWN_BASIS) * 1e9) / 1e9,
  };
}

/** Month letter and last digit of the year of the contract in front on a date. */
function contractAt({ months, rollsAfterDays }: FutureRow, date: string): string {
  const today = Date.parse(`${date}T00:00:00Z`) / DAY_MS;
  const year = Number(date.slice(0, 4));
  for (let ahead = 0; ; ahead++) {
    const [ofYear, month] = [year + Math.floor(ahead / months.length), months[ahead % months.length] as number];
    const first = Date.UTC(ofYear, month - 1, 1) / DAY_MS;
    if (today < first + rollsAfterDays(ofYear, month)) return `${MONTH_LETTERS[month - 1]}${ofYear % 10}`;
  }
}

/** Futures price minus converted price at the last instant of the futures view; undefined where either is not loaded. */
async function basisOf(
  library: Library,
  ticker: string,
  view: string,
  multiplier: number,
): Promise<number | undefined> {
  const of = (name: string) => library.streams.find(({ key }) => key.ticker === name)?.records;
  const [future, underlying] = [of(view), of(ticker)];
  if (!future?.length || !underlying?.length) return undefined;
  const last = future.length - 1;
  const at = await underlying.indexAt(await future.timestampMs(last));
  const [price, spot] = await Promise.all([
    spotOf(future.line(last)),
    spotOf(underlying.line(Math.min(at, underlying.length - 1))),
  ]);
  return Number.isFinite(price - spot) ? price - multiplier * spot : undefined;
}

async function spotOf(line: Buffer | Promise<Buffer>): Promise<number> {
  const { spot } = JSON.parse(String(await line)) as { spot?: unknown };
  return typeof spot === 'number' ? spot : Number.NaN;
}
