import { type Connection, upsertSql } from './connection.js';
import { orNaN, orNull } from './schema.js';

/** Open, high, low, close of one span of time. Prices in USD; NaN is unknown. */
export interface Bar {
  readonly ticker: string;
  /** `1m`, `5m`, `1h`, `1d`. */
  readonly timeframe: string;
  readonly startMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

export interface BarTable {
  /** One transaction. A bar with the same ticker, timeframe and start is replaced. */
  insert(bars: readonly Bar[]): Promise<void>;
  /** Bars with fromMs <= start < toMs, ascending, at most `limit`. */
  between(ticker: string, timeframe: string, fromMs: number, toMs: number, limit: number): Promise<Bar[]>;
}

const COLUMNS = ['ticker', 'timeframe', 'start_ms', 'open', 'high', 'low', 'close', 'volume'] as const;

export function barTable({ db, run, write }: Connection): BarTable {
  const sql = upsertSql(db, 'bars', COLUMNS, ['ticker', 'timeframe', 'start_ms']);
  return {
    insert: (bars) =>
      write([
        {
          sql,
          rows: bars.map((b) => [b.ticker, b.timeframe, b.startMs, b.open, b.high, b.low, b.close, orNull(b.volume)]),
        },
      ]),
    between: async (ticker, timeframe, fromMs, toMs, limit) => {
      const rows = await run(() =>
        db
          .selectFrom('bars')
          .selectAll()
          .where('ticker', '=', ticker)
          .where('timeframe', '=', timeframe)
          .where('start_ms', '>=', fromMs)
          .where('start_ms', '<', toMs)
          .orderBy('start_ms')
          .limit(limit)
          .execute(),
      );
      return rows.map(({ start_ms, volume, ...bar }) => ({ ...bar, startMs: Number(start_ms), volume: orNaN(volume) }));
    },
  };
}
