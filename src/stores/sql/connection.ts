import { CompiledQuery, type Kysely, sql } from 'kysely';
import type { Schema } from './schema.js';

export type Value = string | number | null | Uint8Array;

/** One compiled statement, run once per row of its parameters. A row is taken before the next one is asked for. */
export interface Batch {
  readonly sql: string;
  readonly rows: Iterable<readonly Value[]>;
}

/** What the tables need of an open database. */
export interface Connection {
  /** Builds statements in the dialect of the database; run them through `run`, which explains errors. */
  readonly db: Kysely<Schema>;
  /** Reads and single writes. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** All rows of all batches in one transaction, in order; resolves when committed, rejects with nothing written. */
  write(batches: readonly Batch[]): Promise<void>;
  close(): Promise<void>;
}

/** A migrated database of any dialect, row by row through its driver. */
export function driverConnection(db: Kysely<Schema>): Connection {
  return {
    db,
    run: (work) => work(),
    write: (batches) =>
      db.transaction().execute(async (transaction) => {
        for (const batch of batches) {
          for (const row of batch.rows) await transaction.executeQuery(CompiledQuery.raw(batch.sql, [...row]));
        }
      }),
    close: () => db.destroy(),
  };
}

/** The text of an insert of one row that replaces every other column when the key is already there. */
export function upsertSql<T extends keyof Schema>(
  db: Kysely<Schema>,
  table: T,
  columns: readonly (keyof Schema[T] & string)[],
  key: readonly (keyof Schema[T] & string)[],
): string {
  const untyped = db as unknown as Kysely<Record<string, Record<string, unknown>>>;
  const others = columns.filter((column) => !key.includes(column));
  return untyped
    .insertInto(table as string)
    .values(Object.fromEntries(columns.map((column) => [column, 0])))
    .onConflict((conflict) =>
      conflict
        .columns([...key])
        .doUpdateSet(Object.fromEntries(others.map((column) => [column, sql.ref(`excluded.${column}`)]))),
    )
    .compile().sql;
}
