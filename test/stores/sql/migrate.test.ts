import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { Kysely, SqliteDialect, sql } from 'kysely';
import { expect, test } from 'vitest';
import { migrate } from '../../../src/stores/sql/migrate.js';
import { DIALECTS, MIGRATIONS } from '../../../src/stores/sql/migrations.js';
import { openStore } from '../../../src/stores/sql/open.js';
import { EXPOSURE_COLUMNS, type Schema } from '../../../src/stores/sql/schema.js';
import { Child } from '../../helpers/child.js';
import { tempFolder } from '../../helpers/folder.js';
import { postgresDatabase } from '../../helpers/postgres.js';

const TABLES = [
  'archive_files',
  'bar_spans',
  'bars',
  'chain_snapshots',
  'conventions',
  'exposures',
  'gates',
  'levels',
  'runs',
  'schema_migrations',
  'ticks',
];

test('migrations are numbered 1, 2, 3 and so on', () => {
  expect(MIGRATIONS.map(({ number }) => number)).toEqual(MIGRATIONS.map((_, i) => i + 1));
});

test('both dialects get the same tables with the same columns', async (context) => {
  const postgres = await postgresDatabase();
  if (!postgres) return context.skip('no PostgreSQL server at 127.0.0.1:5432');
  const sqlite = new Kysely<Schema>({ dialect: new SqliteDialect({ database: new Sqlite(':memory:') }) });
  await migrate(sqlite, 'sqlite', ':memory:');
  await migrate(postgres, 'postgres', 'the test database');
  const { rows: columns } = await sql<{ table: string; column: string; nullable: boolean }>`
    select table_name as "table", column_name as "column", is_nullable = 'YES' as nullable from information_schema.columns
    where table_schema = current_schema() order by table_name, ordinal_position`.execute(postgres);
  const listed = (await sqlite.introspection.getTables())
    .filter(({ name }) => TABLES.includes(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((table) => table.columns.map((column) => `${table.name}.${column.name}`));
  expect(listed).toEqual(columns.map(({ table, column }) => `${table}.${column}`));
  const nullable = columns
    .filter((column) => column.nullable && column.table === 'exposures')
    .map(({ column }) => column);
  expect(nullable).toEqual(EXPOSURE_COLUMNS);
  await sqlite.destroy();
  await postgres.destroy();
});

test('two programs that open a new database at the same time both get it', async () => {
  const path = join(tempFolder(), 'gex.db');
  const code = `
    const { openStore } = await gex('stores/sql/open.ts');
    const { existsSync } = await import('node:fs');
    console.log('ready');
    while (!existsSync(process.env.DB + '.go')) {}
    const store = await openStore(process.env.DB);
    await store.ticks.insert([{ ticker: 'SPX', atMs: process.pid, seq: 0, price: 1, bid: 1, ask: 1, volume: 1 }]);
    console.log('done');`;
  const env = { DB: path };
  const children = [new Child(code, env), new Child(code, env)];
  expect(await Promise.all(children.map((child) => child.line()))).toEqual(['ready', 'ready']);
  writeFileSync(`${path}.go`, '');
  expect(await Promise.all(children.map((child) => child.line()))).toEqual(['done', 'done']);
  const store = await openStore(path);
  expect(await store.ticks.between('SPX', 0, 2 ** 32, 10)).toHaveLength(2);
  await store.close();
});

test('two programs that open a new PostgreSQL database at the same time both get it', async (context) => {
  const postgres = await postgresDatabase();
  if (!postgres) return context.skip('no PostgreSQL server at 127.0.0.1:5432');
  await Promise.all([1, 2, 3].map(() => migrate(postgres, 'postgres', 'the test database')));
  expect(await postgres.selectFrom('schema_migrations').select('number').execute()).toHaveLength(MIGRATIONS.length);
  await postgres.destroy();
});

test('a migration that fails leaves nothing behind', async () => {
  const raw = new Sqlite(':memory:');
  raw.exec('create table runs (mine text)');
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: raw }) });
  await expect(migrate(db, 'sqlite', ':memory:')).rejects.toThrow(/runs/);
  expect(raw.prepare('select name from sqlite_master').pluck().all()).toEqual(['runs']);
  await db.destroy();
});

test('a database of a newer version is a storage error that says so', async () => {
  const path = join(tempFolder(), 'gex.db');
  await (await openStore(path)).close();
  const raw = new Sqlite(path);
  raw.exec(`insert into schema_migrations values (${MIGRATIONS.length + 1}, 'from the future', 0)`);
  raw.close();
  await expect(openStore(path)).rejects.toMatchObject({
    kind: 'storage',
    message: `${path} has schema ${MIGRATIONS.length + 1}, this version of gex knows schemas up to ${MIGRATIONS.length}: use the newer version or another data folder`,
  });
});

test('bars of a database made before sources were told count as recorded', async () => {
  const path = join(tempFolder(), 'gex.db');
  const raw = new Sqlite(path);
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database: raw }) });
  raw.exec(
    'create table schema_migrations (number integer primary key, name text not null, applied_ms integer not null)',
  );
  for (const { number, name, up } of MIGRATIONS.filter((row) => row.number < 3)) {
    await up(db, DIALECTS.sqlite);
    raw.prepare('insert into schema_migrations values (?, ?, 0)').run(number, name);
  }
  raw.exec("insert into bars values ('SPY', '1m', 60000, 1, 2, 0.5, 1.5, null)");
  await db.destroy();
  const store = await openStore(path);
  expect(await store.bars.between('SPY', '1m', 0, 120_000, 10)).toEqual([
    {
      ...{ ticker: 'SPY', timeframe: '1m', startMs: 60_000, open: 1, high: 2, low: 0.5, close: 1.5 },
      ...{ volume: Number.NaN, source: 'recorded', openInterest: Number.NaN },
    },
  ]);
  await store.close();
});
