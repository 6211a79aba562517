import { GexError } from '../errors.js';
import { type Calendar, NYSE } from './calendar.js';
import { adjustedWarnings, commonUnderlying } from './chain-roots.js';
import { describeExpiry, type ExpiryTerm } from './expiry.js';
import type { ChainSnapshot, ChainSource, ContractTable, Expiry, PricingModel, Right, Settlement } from './model.js';
import { parseOcc } from './occ.js';

/** n unknowns. */
function emptyColumn(n: number): Float64Array {
  return new Float64Array(n).fill(Number.NaN);
}

/** What a source may know of a contract, as columns; NaN until a reader writes the row that `add` returned. */
export interface ChainColumns {
  readonly bid: Float64Array;
  readonly ask: Float64Array;
  readonly last: Float64Array;
  readonly iv: Float64Array;
  readonly openInterest: Float64Array;
  readonly volume: Float64Array;
  readonly delta: Float64Array;
  readonly gamma: Float64Array;
  readonly dealerPosition: Float64Array;
  /** 100 until written. */
  readonly multiplier: Float64Array;
}

/** What `finish` adds to the contracts. */
export interface ChainHead {
  /** Default: the underlying of most contracts. */
  readonly underlying?: string;
  readonly asOfMs: number;
  readonly spot: number;
  readonly close?: number;
  readonly rate?: number;
  readonly dividendYield?: number;
  readonly model?: PricingModel;
  readonly source: ChainSource;
  readonly warnings?: readonly string[];
}

/** Collects rows into a snapshot. Every row given is either added or counted as rejected by reason. */
export interface ChainBuilder {
  readonly columns: ChainColumns;
  readonly expiries: readonly Expiry[];
  /** Index of a root's expiry; -1 when the date is no date or outside the calendar. */
  expiry(root: string, term: ExpiryTerm, settlement?: Settlement): number;
  /** The row of a new contract; -1 when it was rejected: bad expiry (index -1), bad strike, duplicate. */
  add(symbol: string, expiry: number, right: Right, strike: number): number;
  /** The same by OCC symbol, reading each root and date only once. */
  addSymbol(symbol: string): number;
  reject(reason: string): void;
  /** Throws `data` when there is no contract at all. */
  finish(head: ChainHead): ChainSnapshot;
}

/** A builder for at most `capacity` rows. */
export function createChainBuilder(capacity: number, calendar: Calendar = NYSE): ChainBuilder {
  const columns: ChainColumns = {
    bid: emptyColumn(capacity),
    ask: emptyColumn(capacity),
    last: emptyColumn(capacity),
    iv: emptyColumn(capacity),
    openInterest: emptyColumn(capacity),
    volume: emptyColumn(capacity),
    delta: emptyColumn(capacity),
    gamma: emptyColumn(capacity),
    dealerPosition: emptyColumn(capacity),
    multiplier: new Float64Array(capacity).fill(100),
  };
  const symbols: string[] = [];
  const strikes = new Float64Array(capacity);
  const sides = new Int8Array(capacity);
  const expiryOf = new Uint16Array(capacity);
  const expiries: Expiry[] = [];
  const expiryIndex = new Map<string, number>();
  /** Strikes already taken, by 2 * expiry + (1 for calls). */
  const taken: Set<number>[] = [];
  const rejected: Record<string, number> = {};

  const reject = (reason: string): void => {
    rejected[reason] = (rejected[reason] ?? 0) + 1;
  };

  const expiry = (root: string, term: ExpiryTerm, settlement?: Settlement): number => {
    const row = describeExpiry(root, term, settlement, calendar);
    // However it was stated, one instant of one root is one expiry.
    const key = JSON.stringify(row);
    let index = expiryIndex.get(key);
    if (index === undefined) {
      index = row === undefined || expiries.length > 0xfffe ? -1 : expiries.push(row) - 1;
      expiryIndex.set(key, index);
      if (index >= 0) taken.push(new Set(), new Set());
    }
    return index;
  };

  const add = (symbol: string, expiryRow: number, right: Right, strike: number): number => {
    const strikesTaken = taken[2 * expiryRow + (right === 'C' ? 1 : 0)];
    if (strikesTaken === undefined) reject('bad expiry');
    else if (!(strike > 0 && strike < Number.POSITIVE_INFINITY)) reject('bad strike');
    else if (strikesTaken.has(strike)) reject('duplicate');
    else {
      strikesTaken.add(strike);
      const row = symbols.push(symbol) - 1;
      strikes[row] = strike;
      sides[row] = right === 'C' ? 1 : -1;
      expiryOf[row] = expiryRow;
      return row;
    }
    return -1;
  };

  // Sources list a chain expiry by expiry: the root and date of most rows are those of the row before.
  let lastPrefix = 'none yet';
  let lastExpiry = -1;
  const addSymbol = (symbol: string): number => {
    const prefixLength = symbol.length - 9;
    if (prefixLength !== lastPrefix.length || !symbol.startsWith(lastPrefix)) {
      const contract = parseOcc(symbol);
      if (contract === undefined) {
        reject('bad symbol');
        return -1;
      }
      lastPrefix = symbol.slice(0, prefixLength);
      lastExpiry = expiry(contract.root, { date: contract.date });
    }
    const right = symbol.charCodeAt(prefixLength);
    const mills = eightDigits(symbol, prefixLength + 1);
    if ((right !== 67 && right !== 80) || mills <= 0) {
      reject('bad symbol');
      return -1;
    }
    return add(symbol, lastExpiry, right === 67 ? 'C' : 'P', mills / 1000);
  };

  const finish = (head: ChainHead): ChainSnapshot => {
    const length = symbols.length;
    if (length === 0) {
      throw new GexError(
        'data',
        `${head.source.name}: holds no option contract${tally(rejected, ' (', ')')}; is it an option chain?`,
      );
    }
    const column = (name: keyof ChainColumns): Float64Array => columns[name].subarray(0, length);
    const contracts: ContractTable = {
      length,
      symbol: symbols,
      strike: strikes.subarray(0, length),
      side: sides.subarray(0, length),
      expiry: expiryOf.subarray(0, length),
      expiries,
      multiplier: column('multiplier'),
    };
    const warnings = [...(head.warnings ?? []), ...adjustedWarnings(contracts)];
    for (const [name, label] of Object.entries(LABELS) as [keyof typeof LABELS, string][]) {
      const count = dropImpossible(column(name), 0);
      if (count > 0) warnings.push(`${count} contracts have a negative or infinite ${label}: read as unknown`);
    }
    for (const name of ['delta', 'gamma', 'dealerPosition'] as const) dropImpossible(column(name), -Number.MAX_VALUE);
    const delta = column('delta');
    const gamma = column('gamma');
    const dealerPosition = column('dealerPosition');
    return {
      underlying: head.underlying ?? commonUnderlying(contracts),
      asOfMs: head.asOfMs,
      spot: head.spot,
      ...(head.close === undefined ? {} : { close: head.close }),
      ...(head.rate === undefined ? {} : { rate: head.rate }),
      ...(head.dividendYield === undefined ? {} : { dividendYield: head.dividendYield }),
      model: head.model ?? 'bsm',
      contracts,
      bid: column('bid'),
      ask: column('ask'),
      last: column('last'),
      iv: column('iv'),
      openInterest: column('openInterest'),
      volume: column('volume'),
      ...(isKnown(delta) || isKnown(gamma) ? { vendor: { delta, gamma } } : {}),
      ...(isKnown(dealerPosition) ? { dealerPosition } : {}),
      source: head.source,
      rejected,
      warnings,
    };
  };

  return { columns, expiries, expiry, add, addSymbol, reject, finish };
}

/** Columns that cannot be negative, as messages call them. */
const LABELS = {
  bid: 'bid',
  ask: 'ask',
  last: 'last price',
  iv: 'implied volatility',
  openInterest: 'open interest',
  volume: 'volume',
} as const;

/** The number in the eight digits from `start` to the end; -1 when they are not eight digits. */
function eightDigits(text: string, start: number): number {
  let value = 0;
  for (let i = start; i < start + 8; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Makes infinite values and those below the lowest possible one unknown; returns how many there were. */
function dropImpossible(column: Float64Array, lowest: number): number {
  let count = 0;
  for (let i = 0; i < column.length; i++) {
    const value = column[i] as number;
    if (value < lowest || value > Number.MAX_VALUE) {
      column[i] = Number.NaN;
      count++;
    }
  }
  return count;
}

function isKnown(column: Float64Array): boolean {
  return column.some((value) => !Number.isNaN(value));
}

/** `reason 3, other reason 5` in brackets; empty for no counts. */
function tally(counts: Readonly<Record<string, number>>, before: string, after: string): string {
  const parts = Object.entries(counts).map(([reason, count]) => `${reason} ${count}`);
  return parts.length === 0 ? '' : `${before}${parts.join(', ')}${after}`;
}
