import { GREEK_NAMES, type GreekName, greeks } from '../core/blackscholes.js';
import { type IvStatus, impliedVolatility } from '../core/impliedvol.js';
import type { PricingModel, Right } from '../core/model.js';
import { yearsBetween } from '../core/settlement.js';
import { GexError } from '../errors.js';
import type { PricingColumn, PricingRow } from '../feeds/file/pricing.js';
import type { Ctx } from '../io/ctx.js';

export interface PriceOptions {
  readonly model: PricingModel;
  /** For rows with an expiry instead of t. */
  readonly asOfMs?: number;
  /** For rows without a rate or yield. */
  readonly rate: number;
  readonly dividendYield: number;
}

interface PricePorts {
  readonly rows: AsyncIterable<readonly PricingRow[]>;
  /** Epoch ms of an expiry as it is written; undefined where it is not understood. */
  readonly instantOf: (text: string) => number | undefined;
  /** Resolves when the next batch may come. */
  readonly write: (batch: readonly PricedRow[]) => Promise<void>;
}

/** `expired`: no time left, so greeks have at most their limits; `error`: a bad row, with the reason in `message`. */
export type PriceStatus = 'ok' | 'expired' | 'error';

/** A row with its answer; NaN or undefined is unknown. `greeks.price` is the given price where one was given. */
export interface PricedRow {
  readonly line: number;
  readonly id: string | number | undefined;
  readonly type: string | number | undefined;
  readonly spot: number;
  readonly strike: number;
  readonly years: number;
  readonly rate: number;
  readonly dividendYield: number;
  readonly volatility: number;
  readonly greeks: Readonly<Record<GreekName, number>>;
  /** Only for rows with a price. */
  readonly iv: number;
  readonly ivStatus: IvStatus | undefined;
  readonly ivErrorBound: number;
  readonly status: PriceStatus;
  readonly message: string | undefined;
}

export interface PriceReport {
  readonly rows: number;
  readonly failed: number;
  /** `line N: why`, the first of them. */
  readonly failures: readonly string[];
}

const MOST_FAILURES = 20;

const RIGHTS: Readonly<Record<string, Right>> = { c: 'C', call: 'C', p: 'P', put: 'P' };

const NOTHING = Object.fromEntries(GREEK_NAMES.map((name) => [name, Number.NaN])) as Record<GreekName, number>;

/**
 * Prices every row in order: from a volatility price and greeks, from a price the implied volatility and greeks at it. A bad
 * row gets status `error` and the others are done. Throws `usage` when a row has an expiry and no moment was given.
 */
export async function priceRows(options: PriceOptions, ports: PricePorts, ctx: Ctx): Promise<PriceReport> {
  const failures: string[] = [];
  let rows = 0;
  let failed = 0;
  const progress = ctx.progress.start('pricing');
  for await (const batch of ports.rows) {
    ctx.signal.throwIfAborted();
    const priced = batch.map((row) => priceRow(row, options, ports.instantOf));
    await ports.write(priced);
    for (const { status, line, message } of priced) {
      if (status !== 'error') continue;
      failed++;
      if (failures.length < MOST_FAILURES) failures.push(`line ${line}: ${message}`);
    }
    rows += batch.length;
    progress.advance(batch.length);
  }
  progress.done();
  return { rows, failed, failures };
}

function priceRow(row: PricingRow, options: PriceOptions, instantOf: PricePorts['instantOf']): PricedRow {
  const faults: string[] = row.fault === undefined ? [] : [row.fault];
  const read = (column: PricingColumn, isGood: (value: number) => boolean, wanted: string): number => {
    const cell = row.cells[column];
    if (cell === undefined) return Number.NaN;
    const value = typeof cell === 'number' ? cell : numberOf(cell);
    if (Number.isFinite(value) && isGood(value)) return value;
    faults.push(`${column}: found "${cell}", give ${wanted}`);
    return Number.NaN;
  };
  const need = (value: number, name: string): number => {
    if (Number.isNaN(value) && faults.length === 0) faults.push(`no ${name}`);
    return value;
  };

  const { id, type } = row.cells;
  const right = type === undefined ? undefined : RIGHTS[String(type).toLowerCase()];
  if (right === undefined && faults.length === 0)
    faults.push(type === undefined ? 'no type' : `type: found "${type}", give c, p, call or put`);
  const underlying = underlyingColumn(row, options.model, faults);
  const spot = need(read(underlying, isPositive, 'a number above 0'), underlying);
  const strike = need(read('strike', isPositive, 'a number above 0'), 'strike');
  const years = need(
    yearsOf(row, options, instantOf, faults, read('t', isAnything, 'years as a number')),
    't or expiry',
  );
  const rate = orElse(read('rate', isAnything, 'a decimal number'), row.cells.rate, options.rate);
  const dividendYield = orElse(read('yield', isAnything, 'a decimal number'), row.cells.yield, options.dividendYield);
  const volatility = read('vol', isNotNegative, 'a number from 0');
  const price = read('price', isAnything, 'a number');
  if (row.cells.vol !== undefined && row.cells.price !== undefined) faults.push('both vol and price, give one of them');
  else if (Number.isNaN(volatility)) need(price, 'vol or price');

  const given = { line: row.line, id, type, spot, strike, years, rate, dividendYield, volatility };
  if (faults.length > 0 || right === undefined) {
    const greeksOfNone = { ...NOTHING, price };
    return { ...given, greeks: greeksOfNone, ...NO_IV, status: 'error', message: faults.join('; ') };
  }
  return { ...given, ...answer({ right, spot, strike, years, rate, dividendYield }, volatility, price, options.model) };
}

const NO_IV = { iv: Number.NaN, ivStatus: undefined, ivErrorBound: Number.NaN } as const;

type Answer = Pick<PricedRow, 'greeks' | 'iv' | 'ivStatus' | 'ivErrorBound' | 'status' | 'message'>;

function answer(
  option: { right: Right; spot: number; strike: number; years: number; rate: number; dividendYield: number },
  volatility: number,
  price: number,
  model: PricingModel,
): Answer {
  const status = option.years > 0 ? 'ok' : 'expired';
  if (!Number.isNaN(volatility))
    return { greeks: greeks({ ...option, volatility }, model), ...NO_IV, status, message: undefined };
  const { volatility: iv, status: ivStatus, errorBound: ivErrorBound } = impliedVolatility({ ...option, price }, model);
  const all = Number.isNaN(iv) ? NOTHING : greeks({ ...option, volatility: iv }, model);
  return { greeks: { ...all, price }, iv, ivStatus, ivErrorBound, status, message: undefined };
}

/** `spot`, or in black76 also `forward`. */
function underlyingColumn(row: PricingRow, model: PricingModel, faults: string[]): 'spot' | 'forward' {
  const { spot, forward } = row.cells;
  if (forward === undefined) return model === 'black76' && spot === undefined ? 'forward' : 'spot';
  if (model === 'bsm') faults.push('forward: needs --model black76');
  else if (spot !== undefined) faults.push('both spot and forward, give one of them');
  return 'forward';
}

function yearsOf(
  { cells, line }: PricingRow,
  { asOfMs }: PriceOptions,
  instantOf: PricePorts['instantOf'],
  faults: string[],
  t: number,
): number {
  const { expiry } = cells;
  if (expiry === undefined) return t;
  if (cells.t !== undefined) faults.push('both t and expiry, give one of them');
  if (asOfMs === undefined)
    throw new GexError('usage', `line ${line} gives an expiry instead of t; add --as-of and the moment to price at`);
  const expiryMs = instantOf(String(expiry));
  if (expiryMs !== undefined) return yearsBetween(asOfMs, expiryMs);
  faults.push(`expiry: found "${expiry}", give a date YYYY-MM-DD or an instant such as 2026-09-18T13:30:00Z`);
  return Number.NaN;
}

const isPositive = (value: number): boolean => value > 0;
const isNotNegative = (value: number): boolean => value >= 0;
const isAnything = (): boolean => true;

/** The default only where the cell is empty: a fault must stay one. */
const orElse = (value: number, cell: unknown, otherwise: number): number => (cell === undefined ? otherwise : value);

/** A decimal number with or without an exponent; NaN for anything else Number would take (0x10, blanks). */
function numberOf(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}
