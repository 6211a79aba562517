import { type Connection, upsertSql } from './connection.js';
import { orNaN, orNull } from './schema.js';

/** The levels of one ticker at one instant under one convention; NaN is "there is none". */
export interface StoredLevels {
  readonly ticker: string;
  readonly asOfMs: number;
  readonly conventionId: number;
  /** The run that made it. */
  readonly runId?: number;
  readonly spot: number;
  readonly callGex: number;
  readonly putGex: number;
  readonly zeroGamma: number;
  /** Why there is no zero gamma. */
  readonly zeroGammaReason?: string;
  readonly callWall: number;
  readonly putWall: number;
  readonly absGammaStrike: number;
  readonly callOiWall: number;
  readonly putOiWall: number;
  /** Everything else said about the instant (totals, all roots, max pain, coverage), kept as JSON. */
  readonly document?: Readonly<Record<string, unknown>>;
}

export interface LevelTable {
  /** One transaction. Levels of the same ticker, instant and convention are replaced. */
  insert(batch: readonly StoredLevels[]): Promise<void>;
  /** Levels with fromMs <= asOf < toMs, ascending, of every convention. */
  between(ticker: string, fromMs: number, toMs: number): Promise<StoredLevels[]>;
}

const KEY = ['ticker', 'as_of_ms', 'convention_id'] as const;
const COLUMNS = [
  ...KEY,
  'run_id',
  'spot',
  'call_gex',
  'put_gex',
  'zero_gamma',
  'zero_gamma_reason',
  'call_wall',
  'put_wall',
  'abs_gamma_strike',
  'call_oi_wall',
  'put_oi_wall',
  'document',
] as const;

export function levelTable({ db, run, write }: Connection): LevelTable {
  const sql = upsertSql(db, 'levels', COLUMNS, KEY);
  return {
    insert: (batch) => write([{ sql, rows: batch.map(rowOf) }]),
    between: async (ticker, fromMs, toMs) => {
      const rows = await run(() =>
        db
          .selectFrom('levels')
          .selectAll()
          .where('ticker', '=', ticker)
          .where('as_of_ms', '>=', fromMs)
          .where('as_of_ms', '<', toMs)
          .orderBy('as_of_ms')
          .orderBy('convention_id')
          .execute(),
      );
      return rows.map((row) => ({
        ticker,
        asOfMs: Number(row.as_of_ms),
        conventionId: Number(row.convention_id),
        ...(row.run_id === null ? {} : { runId: Number(row.run_id) }),
        spot: row.spot,
        callGex: orNaN(row.call_gex),
        putGex: orNaN(row.put_gex),
        zeroGamma: orNaN(row.zero_gamma),
        ...(row.zero_gamma_reason === null ? {} : { zeroGammaReason: row.zero_gamma_reason }),
        callWall: orNaN(row.call_wall),
        putWall: orNaN(row.put_wall),
        absGammaStrike: orNaN(row.abs_gamma_strike),
        callOiWall: orNaN(row.call_oi_wall),
        putOiWall: orNaN(row.put_oi_wall),
        ...(row.document === null ? {} : { document: JSON.parse(row.document) as Record<string, unknown> }),
      }));
    },
  };
}

function rowOf(levels: StoredLevels): (string | number | null)[] {
  return [
    levels.ticker,
    levels.asOfMs,
    levels.conventionId,
    levels.runId ?? null,
    levels.spot,
    orNull(levels.callGex),
    orNull(levels.putGex),
    orNull(levels.zeroGamma),
    levels.zeroGammaReason ?? null,
    orNull(levels.callWall),
    orNull(levels.putWall),
    orNull(levels.absGammaStrike),
    orNull(levels.callOiWall),
    orNull(levels.putOiWall),
    levels.document === undefined ? null : JSON.stringify(levels.document),
  ];
}
