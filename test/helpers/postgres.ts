import { randomBytes } from 'node:crypto';
import { Kysely, PostgresDialect } from 'kysely';
import { Client, Pool } from 'pg';
import { onTestFinished } from 'vitest';
import { driverConnection } from '../../src/stores/sql/connection.js';
import { migrate } from '../../src/stores/sql/migrate.js';
import { type Store, storeOn } from '../../src/stores/sql/open.js';
import type { Schema } from '../../src/stores/sql/schema.js';

const SERVER = { host: '127.0.0.1', port: 5432, user: 'postgres', database: 'test', connectionTimeoutMillis: 2000 };

/** A database of a schema of its own that is dropped when the running test ends; undefined where no server answers. */
export async function postgresDatabase(): Promise<Kysely<Schema> | undefined> {
  const admin = new Client(SERVER);
  try {
    await admin.connect();
  } catch {
    return undefined;
  }
  const schema = `gex_test_${randomBytes(6).toString('hex')}`;
  await admin.query(`create schema ${schema}`);
  onTestFinished(async () => {
    await admin.query(`drop schema ${schema} cascade`);
    await admin.end();
  });
  const pool = new Pool({ ...SERVER, options: `-c search_path=${schema}` });
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
}

export async function postgresStore(): Promise<Store | undefined> {
  const db = await postgresDatabase();
  if (!db) return undefined;
  await migrate(db, 'postgres', 'the test database');
  return storeOn(driverConnection(db), 'the test database');
}
