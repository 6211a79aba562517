import { aggressor } from '../../core/aggressor.js';
import { type BookState, restoreRow, rowState, type StateColumns } from './book-state.js';
import type { Quote } from './model.js';

/** Columns of a book: row i is symbol i, NaN is unknown. */
export interface QuoteColumns {
  readonly bid: Float64Array;
  readonly ask: Float64Array;
  readonly last: Float64Array;
  readonly openInterest: Float64Array;
  /** Of the session so far. */
  readonly volume: Float64Array;
  /** What customers bought less what they sold in the session so far, where the side of a trade could be told. */
  readonly netBought: Float64Array;
  /** Volume of the session so far whose side could not be told, or that went by during a gap. */
  readonly unsided: Float64Array;
  /** When bid or ask was last heard of, epoch ms. */
  readonly quotedMs: Float64Array;
}

/** The last known state of many option quotes. */
export interface QuoteBook {
  /** Views of the rows there are; take them anew after `add`. */
  readonly columns: QuoteColumns;
  readonly symbols: readonly string[];
  rowOf(symbol: string): number | undefined;
  /** Adds symbols that are not there yet, with nothing known; rows keep their places. RangeError past the capacity. */
  add(symbols: readonly string[]): void;
  /** Merges a message that came at an instant; the row, or -1 for a symbol that is not in the book. */
  apply(quote: Quote, atMs: number): number;
  /** The open of a session (09:30 New York): volumes are 0 until a message of a row says something new. */
  beginSession(atMs: number): void;
  /** A connection opened again: the next message of each of its rows says everything, and its volume spans the gap. */
  expectSnapshot(symbols: Iterable<string>): void;
  /** Nobody quotes these for us any more: bid and ask are unknown until the next message. */
  forgetQuotes(symbols: Iterable<string>): void;
  /** What is known of the session's trades now: a copy. */
  state(): BookState;
  /** Goes on from a state of the same session: contracts added from now on begin as in it, behind a gap. */
  goOn(state: BookState): void;
}

const COLUMNS = ['bid', 'ask', 'last', 'openInterest', 'volume', 'netBought', 'unsided', 'quotedMs'] as const;
const CAPACITY = 16_384;
/** The server's clock is not ours: for so long after an open, volumes above that of the session before are still its. */
const RESET_GRACE_MS = 60_000;

/**
 * A book that merges by the rules of contract section 6.3: what is absent has not changed; zeros of volume and open interest
 * are noise; volume only grows within a session, and what it grew by is a trade at the last price, given to the side that
 * the quote before it tells.
 */
export function createBook(capacity = CAPACITY): QuoteBook {
  const column = (): Float64Array => new Float64Array(capacity).fill(Number.NaN);
  const all = {
    ...{ bid: column(), ask: column(), last: column(), openInterest: column(), volume: column() },
    ...{ netBought: new Float64Array(capacity), unsided: new Float64Array(capacity), quotedMs: column() },
  };
  const symbols: string[] = [];
  const rows = new Map<string, number>();
  /** Volume of the session before; NaN when nothing was heard of it. */
  const volumeBefore = column();
  let beganMs = Number.NEGATIVE_INFINITY;
  const afterGap = new Uint8Array(capacity);
  /** Trade price before the last change of it, for the tick rule. */
  const previousPrice = column();
  const kept: StateColumns = { ...all, previousPrice, volumeBefore };
  /** What a state says of contracts that are not in the book yet. */
  let awaited = new Map<string, readonly number[]>();
  let views: QuoteColumns | undefined;

  /** Contracts traded since the row's last message; 0 when its volume says nothing new. */
  const grow = (row: number, volume: number, atMs: number): number => {
    const known = all.volume[row] as number;
    if (Number.isNaN(known)) {
      all.volume[row] = volume; // what was traded before we listened has no side
      all.unsided[row] = volume;
      return 0;
    }
    if (isOfSessionBefore(row, volume, atMs) || volume <= known) return 0;
    all.volume[row] = volume;
    return volume - known;
  };
  const isOfSessionBefore = (row: number, volume: number, atMs: number): boolean => {
    const last = volumeBefore[row] as number;
    if (!(last > 0)) return false;
    return atMs < beganMs + RESET_GRACE_MS ? volume >= last : volume === last && all.volume[row] === 0;
  };

  const trade = (row: number, size: number, price: number): void => {
    const side = afterGap[row]
      ? 0
      : aggressor(price, {
          bid: all.bid[row] as number,
          ask: all.ask[row] as number,
          previousPrice: previousPrice[row] as number,
        });
    if (side === 0) all.unsided[row] = (all.unsided[row] as number) + size;
    else all.netBought[row] = (all.netBought[row] as number) + side * size;
  };

  return {
    symbols,
    get columns() {
      const cut = (name: (typeof COLUMNS)[number]): Float64Array => all[name].subarray(0, symbols.length);
      views ??= Object.fromEntries(COLUMNS.map((name) => [name, cut(name)])) as unknown as QuoteColumns;
      return views;
    },
    rowOf: (symbol) => rows.get(symbol),
    add(added) {
      for (const symbol of added) {
        if (rows.has(symbol)) continue;
        if (symbols.length === capacity) throw new RangeError(`the book has room for ${capacity} symbols`);
        const row = symbols.push(symbol) - 1;
        rows.set(symbol, row);
        const state = awaited.get(symbol);
        if (state === undefined) continue;
        restoreRow(kept, row, state);
        afterGap[row] = 1;
        awaited.delete(symbol);
      }
      views = undefined;
    },
    apply(quote, atMs) {
      const row = rows.get(quote.symbol);
      if (row === undefined) return -1;
      if (quote.last !== undefined && quote.last !== all.last[row]) {
        previousPrice[row] = all.last[row] as number;
        all.last[row] = quote.last;
      }
      // The trade before the quote: a message with both tells the quote that the trade has left behind.
      const size = quote.volume === undefined ? 0 : grow(row, quote.volume, atMs);
      if (size > 0) trade(row, size, all.last[row] as number);
      if (quote.volume !== undefined) afterGap[row] = 0;
      if (quote.bid !== undefined) all.bid[row] = quote.bid;
      if (quote.ask !== undefined) all.ask[row] = quote.ask;
      if (quote.bid !== undefined || quote.ask !== undefined) all.quotedMs[row] = atMs;
      const known = all.openInterest[row] as number;
      if (quote.openInterest !== undefined && !(quote.openInterest === 0 && known > 0)) {
        all.openInterest[row] = quote.openInterest;
      }
      return row;
    },
    beginSession(atMs) {
      beganMs = atMs;
      for (let row = 0; row < symbols.length; row++) {
        volumeBefore[row] = all.volume[row] as number;
        if (Number.isNaN(volumeBefore[row] as number)) continue;
        all.volume[row] = 0;
        all.netBought[row] = 0;
        all.unsided[row] = 0;
      }
    },
    expectSnapshot(reopened) {
      for (const symbol of reopened) {
        const row = rows.get(symbol);
        if (row === undefined) continue;
        afterGap[row] = 1;
      }
    },
    forgetQuotes(lost) {
      for (const symbol of lost) {
        const row = rows.get(symbol);
        if (row === undefined) continue;
        all.bid[row] = Number.NaN;
        all.ask[row] = Number.NaN;
      }
    },
    state: () => ({
      beganMs,
      contracts: new Map([...awaited, ...symbols.map((symbol, row) => [symbol, rowState(kept, row)] as const)]),
    }),
    goOn(state) {
      beganMs = state.beganMs;
      awaited = new Map(state.contracts);
    },
  };
}
