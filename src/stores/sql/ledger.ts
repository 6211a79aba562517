import type { PackageName, StreamKey } from '../../wire/catalogue.js';
import { type Connection, upsertSql, type Value } from './connection.js';

/** `held`: the file was whole when it was placed. `missing`: its source does not have it. `failed`: it could not be had. */
export type LedgerState = 'held' | 'missing' | 'failed';

/** How a file came into the archive; `adopted`: it was found there, whole, and looked through. */
export type LedgerSource = 'download' | 'convert' | 'synth' | 'stream' | 'adopted';

/** What is known of one record file, in the archive or not. Instants are epoch ms; what is unknown is absent. */
export interface LedgerRow extends StreamKey {
  readonly state: LedgerState;
  readonly source: LedgerSource;
  readonly rows?: number;
  /** Of the first and last record. */
  readonly firstMs?: number;
  readonly lastMs?: number;
  /** Pauses of more than two minutes between records, and the widest of them where there is one. */
  readonly gaps?: number;
  readonly widestGapMs?: number;
  readonly bytes?: number;
  /** Of the file, in hexadecimal. */
  readonly sha256?: string;
  readonly fetchedMs?: number;
  /** Requests that were made for it in all. */
  readonly attempts: number;
  readonly lastError?: string;
}

/** Which rows to list; both dates included. */
export interface LedgerQuery {
  readonly from?: string;
  readonly to?: string;
  readonly tickers?: readonly string[];
}

/** A row per record file. It never says that a day is complete: that follows from the rows and the files. */
export interface LedgerTable {
  /** One transaction. A row with the same key is replaced whole. */
  put(rows: readonly LedgerRow[]): Promise<void>;
  get(key: StreamKey): Promise<LedgerRow | undefined>;
  /** By date, ticker, package and category, ascending. */
  list(query: LedgerQuery): Promise<LedgerRow[]>;
  /** One transaction. */
  remove(keys: readonly StreamKey[]): Promise<void>;
}

const KEY = ['date', 'ticker', 'package', 'category'] as const;
const COLUMNS = [
  ...KEY,
  ...(['state', 'source', 'rows', 'first_ms', 'last_ms', 'gaps', 'widest_gap_ms', 'bytes', 'sha256'] as const),
  ...(['fetched_ms', 'attempts', 'last_error'] as const),
] as const;

export function ledgerTable({ db, run, write }: Connection): LedgerTable {
  const upsert = upsertSql(db, 'archive_files', COLUMNS, KEY);
  const keyOf = (key: StreamKey): string[] => [key.date, key.ticker, key.package, key.category];
  const removal = db
    .deleteFrom('archive_files')
    .where('date', '=', '')
    .where('ticker', '=', '')
    .where('package', '=', '')
    .where('category', '=', '')
    .compile().sql;
  const select = () => db.selectFrom('archive_files').selectAll();
  return {
    put: (rows) =>
      write([
        {
          sql: upsert,
          rows: rows.map((row): Value[] => [
            ...keyOf(row),
            ...[row.state, row.source, row.rows ?? null, row.firstMs ?? null, row.lastMs ?? null, row.gaps ?? null],
            ...[row.widestGapMs ?? null, row.bytes ?? null, row.sha256 ?? null, row.fetchedMs ?? null],
            ...[row.attempts, row.lastError ?? null],
          ]),
        },
      ]),
    get: async ({ date, ticker, package: packageName, category }) => {
      const found = await run(() =>
        select()
          .where('date', '=', date)
          .where('ticker', '=', ticker)
          .where('package', '=', packageName)
          .where('category', '=', category)
          .executeTakeFirst(),
      );
      return found && rowOf(found);
    },
    list: async ({ from, to, tickers }) => {
      if (tickers?.length === 0) return [];
      let query = select();
      if (from !== undefined) query = query.where('date', '>=', from);
      if (to !== undefined) query = query.where('date', '<=', to);
      if (tickers !== undefined) query = query.where('ticker', 'in', [...tickers]);
      const found = await run(() =>
        query.orderBy('date').orderBy('ticker').orderBy('package').orderBy('category').execute(),
      );
      return found.map(rowOf);
    },
    remove: (keys) => write([{ sql: removal, rows: keys.map(keyOf) }]),
  };
}

type Found = Readonly<Record<(typeof COLUMNS)[number], string | number | null>>;

function rowOf(found: Found): LedgerRow {
  const numbers = {
    rows: found.rows,
    firstMs: found.first_ms,
    lastMs: found.last_ms,
    gaps: found.gaps,
    widestGapMs: found.widest_gap_ms,
    bytes: found.bytes,
    fetchedMs: found.fetched_ms,
  };
  const texts = { sha256: found.sha256, lastError: found.last_error };
  const known = [
    ...Object.entries(numbers).flatMap(([name, value]) => (value === null ? [] : [[name, Number(value)]])),
    ...Object.entries(texts).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  ];
  return {
    date: String(found.date),
    ticker: String(found.ticker),
    package: found.package as PackageName,
    category: String(found.category),
    state: found.state as LedgerState,
    source: found.source as LedgerSource,
    attempts: Number(found.attempts),
    ...Object.fromEntries(known),
  };
}
