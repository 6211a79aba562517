import { type Connection, upsertSql } from './connection.js';
import { orNaN, orNull } from './schema.js';

/** One trade or quote update. Prices in USD; NaN is unknown. */
export interface Tick {
  readonly ticker: string;
  readonly atMs: number;
  /** Tells ticks of the same millisecond apart. */
  readonly seq: number;
  readonly price: number;
  readonly bid: number;
  readonly ask: number;
  readonly volume: number;
}

export interface TickTable {
  /** One transaction. A tick with the same ticker, time and seq is replaced: writing a batch again changes nothing. */
  insert(ticks: readonly Tick[]): Promise<void>;
  /** Ticks with fromMs <= time < toMs, ascending, at most `limit`. */
  between(ticker: string, fromMs: number, toMs: number, limit: number): Promise<Tick[]>;
}

const COLUMNS = ['ticker', 'at_ms', 'seq', 'price', 'bid', 'ask', 'volume'] as const;

export function tickTable({ db, run, write }: Connection): TickTable {
  const sql = upsertSql(db, 'ticks', COLUMNS, ['ticker', 'at_ms', 'seq']);
  return {
    insert: (ticks) =>
      write([
        {
          sql,
          rows: ticks.map((t) => [t.ticker, t.atMs, t.seq, t.price, orNull(t.bid), orNull(t.ask), orNull(t.volume)]),
        },
      ]),
    between: async (ticker, fromMs, toMs, limit) => {
      const rows = await run(() =>
        db
          .selectFrom('ticks')
          .selectAll()
          .where('ticker', '=', ticker)
          .where('at_ms', '>=', fromMs)
          .where('at_ms', '<', toMs)
          .orderBy('at_ms')
          .orderBy('seq')
          .limit(limit)
          .execute(),
      );
      return rows.map((row) => ({
        ticker,
        atMs: Number(row.at_ms),
        seq: Number(row.seq),
        price: row.price,
        bid: orNaN(row.bid),
        ask: orNaN(row.ask),
        volume: orNaN(row.volume),
      }));
    },
  };
}
