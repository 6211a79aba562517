import { type Batch, type Connection, upsertSql } from './connection.js';
import { orNaN, orNull } from './schema.js';

/**
 * Where a bar comes from: seen live, out of the vendor's history, or a contract's own trades standing in for an option
 * chain of the past that nobody recorded.
 */
export type BarSource = 'recorded' | 'vendor' | 'reconstructed';

/** Open, high, low, close of one span of time. Prices in USD; NaN is unknown. */
export interface Bar {
  /** Of the underlying, or the OCC symbol of an option contract. */
  readonly ticker: string;
  /** `1m`, `5m`, `1h`, `1d`. */
  readonly timeframe: string;
  readonly startMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly source: BarSource;
  /** Contracts, as the vendor states it on bars of options. */
  readonly openInterest: number;
}

/** What was asked for one ticker and span, so that nobody asks again; no bars is an answer too. */
export interface BarSpan {
  readonly ticker: string;
  readonly timeframe: string;
  /** First session of the span, `YYYY-MM-DD`. */
  readonly date: string;
  /** `bars`, or the choice of option contracts that was made for the span. */
  readonly part: string;
  readonly source: BarSource;
  /** Everything up to this instant has been asked for, epoch ms. */
  readonly throughMs: number;
  /** Bars, or contracts of the choice. */
  readonly items: number;
  readonly fetchedMs: number;
}

export interface BarTable {
  /** One transaction. A bar with the same ticker, timeframe and start is replaced, and so is a span; spans follow their bars. */
  insert(bars: readonly Bar[], spans?: readonly BarSpan[]): Promise<void>;
  /** Bars with fromMs <= start < toMs, ascending, at most `limit`. */
  between(ticker: string, timeframe: string, fromMs: number, toMs: number, limit: number): Promise<Bar[]>;
  /** How many bars there are with fromMs <= start < toMs. */
  count(ticker: string, timeframe: string, fromMs: number, toMs: number): Promise<number>;
  /** The spans of a ticker and part, by date. */
  spans(ticker: string, timeframe: string, part: string): Promise<BarSpan[]>;
}

const BAR_KEY = ['ticker', 'timeframe', 'start_ms'] as const;
const BAR_COLUMNS = [...BAR_KEY, 'open', 'high', 'low', 'close', 'volume', 'source', 'open_interest'] as const;
const SPAN_KEY = ['ticker', 'timeframe', 'date', 'part'] as const;
const SPAN_COLUMNS = [...SPAN_KEY, 'source', 'through_ms', 'items', 'fetched_ms'] as const;

export function barTable({ db, run, write }: Connection): BarTable {
  const barSql = upsertSql(db, 'bars', BAR_COLUMNS, BAR_KEY);
  const spanSql = upsertSql(db, 'bar_spans', SPAN_COLUMNS, SPAN_KEY);
  const within = (ticker: string, timeframe: string, fromMs: number, toMs: number) =>
    db
      .selectFrom('bars')
      .where('ticker', '=', ticker)
      .where('timeframe', '=', timeframe)
      .where('start_ms', '>=', fromMs)
      .where('start_ms', '<', toMs);
  return {
    insert: (bars, spans = []) => write([barBatch(barSql, bars), spanBatch(spanSql, spans)]),
    between: async (ticker, timeframe, fromMs, toMs, limit) => {
      const query = within(ticker, timeframe, fromMs, toMs).selectAll().orderBy('start_ms').limit(limit);
      const rows = await run(() => query.execute());
      return rows.map(({ start_ms, volume, open_interest, source, ...bar }) => ({
        ...bar,
        startMs: Number(start_ms),
        volume: orNaN(volume),
        source: source as BarSource,
        openInterest: orNaN(open_interest),
      }));
    },
    count: async (ticker, timeframe, fromMs, toMs) => {
      const query = within(ticker, timeframe, fromMs, toMs).select((eb) => eb.fn.countAll().as('n'));
      const { n } = await run(() => query.executeTakeFirstOrThrow());
      return Number(n);
    },
    spans: async (ticker, timeframe, part) => {
      const query = db
        .selectFrom('bar_spans')
        .selectAll()
        .where('ticker', '=', ticker)
        .where('timeframe', '=', timeframe)
        .where('part', '=', part)
        .orderBy('date');
      const rows = await run(() => query.execute());
      return rows.map(({ through_ms, items, fetched_ms, source, ...span }) => ({
        ...span,
        source: source as BarSource,
        throughMs: Number(through_ms),
        items: Number(items),
        fetchedMs: Number(fetched_ms),
      }));
    },
  };
}

function barBatch(sql: string, bars: readonly Bar[]): Batch {
  const rows = bars.map((bar) => [
    ...[bar.ticker, bar.timeframe, bar.startMs, bar.open, bar.high, bar.low, bar.close],
    ...[orNull(bar.volume), bar.source, orNull(bar.openInterest)],
  ]);
  return { sql, rows };
}

function spanBatch(sql: string, spans: readonly BarSpan[]): Batch {
  const rows = spans.map((span) => [
    ...[span.ticker, span.timeframe, span.date, span.part],
    ...[span.source, span.throughMs, span.items, span.fetchedMs],
  ]);
  return { sql, rows };
}
