import { type CreateTableBuilder, type Kysely, type RawBuilder, sql } from 'kysely';

/** Where the two dialects differ. */
interface Dialect {
  readonly int: RawBuilder<unknown>;
  readonly real: RawBuilder<unknown>;
  readonly blob: RawBuilder<unknown>;
  readonly text: RawBuilder<unknown>;
  /** A key that numbers itself. */
  readonly self: RawBuilder<unknown>;
  /** After the closing bracket: of a plain table, and of one that rests in the order of its key. */
  readonly plain: RawBuilder<unknown>;
  readonly clustered: RawBuilder<unknown>;
}

interface Migration {
  readonly number: number;
  readonly name: string;
  up(db: Kysely<unknown>, dialect: Dialect): Promise<void>;
}

/** Applied in order; a released one is never edited, the next change is a new row. */
export const MIGRATIONS: readonly Migration[] = [
  { number: 1, name: 'first tables', up: (db, dialect) => createTables(db, dialect, FIRST_TABLES) },
  { number: 2, name: 'ledger of the archive, gates', up: (db, dialect) => createTables(db, dialect, LEDGER_TABLES) },
  { number: 3, name: 'where bars come from', up: tellBarsApart },
];

/** `?` after a kind: the value may be NULL. */
type ColumnKind = 'self' | `${'text' | 'int' | 'real' | 'blob'}${'' | '?'}`;

interface Table {
  readonly columns: Readonly<Record<string, ColumnKind>>;
  /** Columns that identify a row; absent where a `self` column does. */
  readonly key?: readonly string[];
  readonly unique?: readonly string[];
  readonly references?: Readonly<Record<string, string>>;
}

const FIRST_TABLES: Readonly<Record<string, Table>> = {
  ticks: {
    columns: { ticker: 'text', at_ms: 'int', seq: 'int', price: 'real', bid: 'real?', ask: 'real?', volume: 'real?' },
    key: ['ticker', 'at_ms', 'seq'],
  },
  bars: {
    columns: {
      ticker: 'text',
      timeframe: 'text',
      start_ms: 'int',
      open: 'real',
      high: 'real',
      low: 'real',
      close: 'real',
      volume: 'real?',
    },
    key: ['ticker', 'timeframe', 'start_ms'],
  },
  chain_snapshots: {
    columns: {
      id: 'self',
      underlying: 'text',
      as_of_ms: 'int',
      source_kind: 'text',
      source_name: 'text',
      spot: 'real',
      rate: 'real?',
      dividend_yield: 'real?',
      model: 'text',
      contracts: 'int',
      document_gzip: 'blob',
    },
    unique: ['underlying', 'as_of_ms', 'source_kind', 'source_name'],
  },
  conventions: { columns: { id: 'self', document: 'text' }, unique: ['document'] },
  runs: {
    columns: {
      id: 'self',
      command: 'text',
      started_ms: 'int',
      finished_ms: 'int?',
      status: 'text',
      options: 'text',
      report: 'text?',
    },
  },
  levels: {
    columns: {
      ticker: 'text',
      as_of_ms: 'int',
      convention_id: 'int',
      run_id: 'int?',
      spot: 'real',
      call_gex: 'real?',
      put_gex: 'real?',
      zero_gamma: 'real?',
      zero_gamma_reason: 'text?',
      call_wall: 'real?',
      put_wall: 'real?',
      abs_gamma_strike: 'real?',
      call_oi_wall: 'real?',
      put_oi_wall: 'real?',
      document: 'text?',
    },
    key: ['ticker', 'as_of_ms', 'convention_id'],
    references: { convention_id: 'conventions.id', run_id: 'runs.id' },
  },
  exposures: {
    columns: {
      ticker: 'text',
      as_of_ms: 'int',
      convention_id: 'int',
      strike: 'real',
      call_gex: 'real?',
      put_gex: 'real?',
      call_gex_volume: 'real?',
      put_gex_volume: 'real?',
      call_dex: 'real?',
      put_dex: 'real?',
      call_vex: 'real?',
      put_vex: 'real?',
      call_chex: 'real?',
      put_chex: 'real?',
      call_open_interest: 'real?',
      put_open_interest: 'real?',
      call_volume: 'real?',
      put_volume: 'real?',
    },
    // No reference to conventions: checked row by row it costs a sixth of the speed, and levels have it.
    key: ['ticker', 'as_of_ms', 'convention_id', 'strike'],
  },
};

const LEDGER_TABLES: Readonly<Record<string, Table>> = {
  archive_files: {
    columns: {
      date: 'text',
      ticker: 'text',
      package: 'text',
      category: 'text',
      state: 'text',
      source: 'text',
      rows: 'int?',
      first_ms: 'int?',
      last_ms: 'int?',
      gaps: 'int?',
      widest_gap_ms: 'int?',
      bytes: 'int?',
      sha256: 'text?',
      fetched_ms: 'int?',
      attempts: 'int',
      last_error: 'text?',
    },
    key: ['date', 'ticker', 'package', 'category'],
  },
  gates: {
    columns: { name: 'text', next_ms: 'real', hold_ms: 'real', slot_ms: 'real' },
    key: ['name'],
  },
};

const BAR_TABLES: Readonly<Record<string, Table>> = {
  bar_spans: {
    columns: {
      ticker: 'text',
      timeframe: 'text',
      date: 'text',
      part: 'text',
      source: 'text',
      through_ms: 'int',
      items: 'int',
      fetched_ms: 'int',
    },
    key: ['ticker', 'timeframe', 'date', 'part'],
  },
};

/** Bars that were there before came from whoever recorded them. */
async function tellBarsApart(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await db.schema
    .alterTable('bars')
    .addColumn('source', dialect.text, (column) => column.notNull().defaultTo('recorded'))
    .execute();
  await db.schema.alterTable('bars').addColumn('open_interest', dialect.real).execute();
  await createTables(db, dialect, BAR_TABLES);
}

async function createTables(
  db: Kysely<unknown>,
  dialect: Dialect,
  tables: Readonly<Record<string, Table>>,
): Promise<void> {
  for (const [name, table] of Object.entries(tables)) await createTable(db, dialect, name, table);
}

async function createTable(db: Kysely<unknown>, dialect: Dialect, name: string, table: Table): Promise<void> {
  let builder: CreateTableBuilder<string, string> = db.schema.createTable(name);
  for (const [column, kind] of Object.entries(table.columns)) {
    const target = table.references?.[column];
    builder = builder.addColumn(column, typeOf(kind, dialect), (definition) => {
      const nullable = kind === 'self' || kind.endsWith('?') ? definition : definition.notNull();
      return target ? nullable.references(target) : nullable;
    });
  }
  if (table.key) builder = builder.addPrimaryKeyConstraint(`${name}_key`, [...table.key]);
  if (table.unique) builder = builder.addUniqueConstraint(`${name}_unique`, [...table.unique]);
  await builder.modifyEnd(table.key ? dialect.clustered : dialect.plain).execute();
}

function typeOf(kind: ColumnKind, dialect: Dialect): RawBuilder<unknown> {
  switch (kind) {
    case 'self':
      return dialect.self;
    case 'text':
    case 'text?':
      return dialect.text;
    case 'int':
    case 'int?':
      return dialect.int;
    case 'real':
    case 'real?':
      return dialect.real;
    case 'blob':
    case 'blob?':
      return dialect.blob;
  }
}

export const DIALECTS = {
  sqlite: {
    int: sql`integer`,
    real: sql`real`,
    blob: sql`blob`,
    text: sql`text`,
    self: sql`integer primary key autoincrement`,
    plain: sql`strict`,
    clustered: sql`without rowid, strict`,
  },
  postgres: {
    int: sql`bigint`,
    real: sql`double precision`,
    blob: sql`bytea`,
    text: sql`text`,
    self: sql`bigint generated by default as identity primary key`,
    plain: sql``,
    clustered: sql``,
  },
} as const satisfies Record<string, Dialect>;

export type DialectName = keyof typeof DIALECTS;
