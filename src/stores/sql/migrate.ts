import { type Kysely, type RawBuilder, sql } from 'kysely';
import { GexError } from '../../errors.js';
import { DIALECTS, type DialectName, MIGRATIONS } from './migrations.js';
import type { Schema } from './schema.js';

/** Opening statements that let one program migrate at a time, and the question whether anything has been migrated yet. */
const STEPS: Readonly<Record<DialectName, { begin: readonly RawBuilder<unknown>[]; exists: RawBuilder<unknown> }>> = {
  sqlite: {
    begin: [sql`begin immediate`],
    exists: sql`select 1 from sqlite_master where type = 'table' and name = 'schema_migrations'`,
  },
  postgres: {
    // Any fixed number will do: it names the lock.
    begin: [sql`begin`, sql`select pg_advisory_xact_lock(4740001)`],
    exists: sql`select 1 where to_regclass('schema_migrations') is not null`,
  },
};

/**
 * Brings the tables up to date in one transaction; several programs may try at once. GexError `storage` when a newer
 * version of the program has been at this database.
 */
export async function migrate(db: Kysely<Schema>, dialect: DialectName, location: string): Promise<void> {
  const newest = MIGRATIONS.at(-1)?.number ?? 0;
  if ((await currentNumber(db, dialect, location, newest)) === newest) return;
  await db.connection().execute(async (connection) => {
    for (const statement of STEPS[dialect].begin) await statement.execute(connection);
    try {
      await connection.schema
        .createTable('schema_migrations')
        .ifNotExists()
        .addColumn('number', DIALECTS[dialect].int, (column) => column.primaryKey())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('applied_ms', DIALECTS[dialect].int, (column) => column.notNull())
        .execute();
      const current = await currentNumber(connection, dialect, location, newest);
      for (const { number, name, up } of MIGRATIONS.filter((migration) => migration.number > current)) {
        await up(connection as unknown as Kysely<unknown>, DIALECTS[dialect]);
        await connection.insertInto('schema_migrations').values({ number, name, applied_ms: Date.now() }).execute();
      }
      await sql`commit`.execute(connection);
    } catch (error) {
      await sql`rollback`.execute(connection).catch(() => undefined);
      throw error;
    }
  });
}

async function currentNumber(
  db: Kysely<Schema>,
  dialect: DialectName,
  location: string,
  newest: number,
): Promise<number> {
  if ((await STEPS[dialect].exists.execute(db)).rows.length === 0) return 0;
  const { last } = await db
    .selectFrom('schema_migrations')
    .select((query) => query.fn.max('number').as('last'))
    .executeTakeFirstOrThrow();
  const current = Number(last ?? 0);
  if (current <= newest) return current;
  throw new GexError(
    'storage',
    `${location} has schema ${current}, this version of gex knows schemas up to ${newest}: use the newer version or another data folder`,
  );
}
