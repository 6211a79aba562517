import type { ChainSnapshot, ContractTable, Right } from '../core/model.js';
import { settlementOf } from '../core/settlement.js';
import { createBook, type QuoteBook } from '../feeds/tradestation/book.js';
import type { BookState } from '../feeds/tradestation/book-state.js';
import { formatOptionSymbol, occSymbolOf } from '../feeds/tradestation/symbols.js';
import type { Listing } from './stream-listing.js';
import type { Selection } from './stream-selection.js';

/** What a snapshot says besides its contracts. */
type SnapshotHead = Pick<ChainSnapshot, 'underlying' | 'asOfMs' | 'spot' | 'source' | 'warnings'>;

/** The contracts of an underlying that are followed; rows keep their places while there come more. */
export interface LiveContracts {
  readonly book: QuoteBook;
  /** Adds what is new of a selection. Returns the TradeStation symbols of all of it, those next to spot first. */
  select(selection: Selection): string[];
  /** Strike of a TradeStation symbol. */
  strikeOf(symbol: string): number;
  /** The chain as the book knows it: columns of its own, the table shared until contracts are added. */
  snapshot(head: SnapshotHead): ChainSnapshot;
}

/** Contracts of a listing, none of them followed yet; `state` is what was known of the session's trades before. */
export function liveContracts({ expiries: listed, multipliers }: Listing, state?: BookState): LiveContracts {
  const book = createBook();
  if (state) book.goOn(state);
  const rows: { readonly symbol: string; readonly strike: number; readonly right: Right; readonly expiry: number }[] =
    [];
  const expiries = listed.map(({ root, date, expiryMs }) => ({
    ...{ label: date, root, settlement: settlementOf(root, date), expiryMs },
  }));
  const strikes = new Map<string, number>();
  let table: ContractTable | undefined;

  const tableOf = (): ContractTable => ({
    length: rows.length,
    symbol: rows.map(({ symbol }) => symbol),
    strike: Float64Array.from(rows, ({ strike }) => strike),
    side: Int8Array.from(rows, ({ right }) => (right === 'C' ? 1 : -1)),
    expiry: Uint16Array.from(rows, ({ expiry }) => expiry),
    expiries,
    multiplier: Float64Array.from(rows, ({ expiry }) => multipliers.get(expiries[expiry]?.root ?? '') ?? Number.NaN),
  });

  return {
    book,
    strikeOf: (symbol) => strikes.get(symbol) ?? Number.NaN,
    select({ centre, expiries: selected }) {
      const symbols: string[] = [];
      for (const { root, date, strikes: near } of selected) {
        const expiry = expiries.findIndex((row) => row.root === root && row.label === date);
        for (const strike of near) {
          for (const right of ['C', 'P'] as const) {
            const name = { root, date, right, strike };
            const symbol = formatOptionSymbol(name);
            symbols.push(symbol);
            if (strikes.has(symbol)) continue;
            strikes.set(symbol, strike);
            book.add([symbol]);
            rows.push({ symbol: occSymbolOf(name) ?? '', strike, right, expiry });
            table = undefined;
          }
        }
      }
      const away = (symbol: string): number => Math.abs((strikes.get(symbol) as number) - centre);
      return symbols.sort((a, b) => away(a) - away(b));
    },
    snapshot(head) {
      table ??= tableOf();
      const { columns } = book;
      return {
        ...{ ...head, model: 'bsm', contracts: table, rejected: {} },
        ...{ bid: known(columns.bid), ask: known(columns.ask), last: known(columns.last) },
        ...{ openInterest: known(columns.openInterest), volume: known(columns.volume) },
        iv: new Float64Array(table.length).fill(Number.NaN),
        // What customers bought, dealers sold.
        dealerPosition: columns.netBought.map((bought) => 0 - bought),
      };
    },
  };
}

/** A copy in which what cannot be is unknown. */
function known(column: Float64Array): Float64Array {
  return column.map((value) => (value >= 0 ? value : Number.NaN));
}
