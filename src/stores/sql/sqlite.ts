import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { GexError } from '../../errors.js';
import { ensureWritableDir, storageError } from '../../io/files.js';
import type { Batch, Connection } from './connection.js';
import { migrate } from './migrate.js';
import type { Schema } from './schema.js';

/** What a result code of SQLite means and what to do about it, by the first two words of its name. */
const FAULTS: Readonly<Record<string, string>> = {
  SQLITE_NOTADB: 'it is not an SQLite database; move it away or choose another data folder',
  SQLITE_CORRUPT: 'the database is damaged; move it away (the archive does not need it) or restore a copy',
  SQLITE_BUSY: 'another process has held it locked for too long; wait for that process or stop it',
  SQLITE_LOCKED: 'another connection holds it locked; try again',
  SQLITE_FULL: 'the disk is full, the transaction was rolled back; free some space or choose another data folder',
  SQLITE_READONLY: 'the file or its folder is read-only; change the permissions or choose another data folder',
  SQLITE_PERM: 'permission is denied; change the permissions or choose another data folder',
  SQLITE_AUTH: 'permission is denied; change the permissions or choose another data folder',
  SQLITE_CANTOPEN: 'the file cannot be opened or made; check the folder and its permissions',
  SQLITE_IOERR: 'the disk reports an input/output error; check the device and its free space',
};

/** An error of SQLite as GexError `storage`, one sentence naming the file; a fault of our own statements stays as it came. */
export function sqliteError(error: unknown, path: string): unknown {
  if (isNotBuilt(error)) {
    const fault = `SQLite's module is not built for this Node.js (${process.version})`;
    const help = 'run "npm rebuild better-sqlite3" where gex is installed, or take the Node.js it was installed with';
    return new GexError('storage', `cannot use ${path}: ${fault}; ${help}`, { cause: error });
  }
  if (!(error instanceof Sqlite.SqliteError)) return storageError(error, 'open', path);
  const code = error.code.split('_', 2).join('_');
  const fault = FAULTS[code];
  return fault ? new GexError('storage', `cannot use ${path}: ${fault}`, { cause: error }) : error;
}

/** Compiled for another version of Node.js, or not at all. */
function isNotBuilt(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    ('code' in error && error.code === 'ERR_DLOPEN_FAILED') || /^Could not locate the bindings/.test(error.message)
  );
}

export interface SqliteOptions {
  /** How long a statement waits for another process's transaction before it gives up; 5 s. */
  readonly busyTimeoutMs?: number;
}

/** Opens (makes) an SQLite file in WAL mode and migrates it. GexError `storage`. */
export async function openSqlite(path: string, options: SqliteOptions): Promise<Connection> {
  let raw: Sqlite.Database | undefined;
  try {
    if (path !== ':memory:') await ensureWritableDir(dirname(path));
    const patienceMs = options.busyTimeoutMs ?? 5000;
    raw = new Sqlite(path, { timeout: patienceMs });
    await enterWal(raw, patienceMs);
    // In WAL mode NORMAL survives every crash of the program; only a power cut can lose the last transactions, never damage the file.
    raw.pragma('synchronous = NORMAL');
    raw.pragma('foreign_keys = ON');
    const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: raw }) });
    await migrate(db, 'sqlite', path);
    return connectionOf(path, raw, db);
  } catch (error) {
    raw?.close();
    throw sqliteError(error, path);
  }
}

/** SQLite does not wait for other processes when it changes the journal mode of a new file, so this does. */
export async function enterWal(raw: Sqlite.Database, patienceMs: number): Promise<void> {
  for (const startMs = performance.now(); ; await setTimeout(RETRY_MS)) {
    try {
      raw.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      const busy = error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY');
      if (!busy || performance.now() - startMs > patienceMs) throw error;
    }
  }
}

const RETRY_MS = 10;

function connectionOf(path: string, raw: Sqlite.Database, db: Kysely<Schema>): Connection {
  const prepared = new Map<string, Sqlite.Statement<unknown[]>>();
  const prepare = (text: string): Sqlite.Statement<unknown[]> => {
    const statement = prepared.get(text) ?? raw.prepare<unknown[]>(text);
    prepared.set(text, statement);
    return statement;
  };
  const runAll = raw.transaction((batches: readonly Batch[]) => {
    for (const { sql, rows } of batches) {
      const each = prepare(sql);
      for (const row of rows) each.run(...row);
    }
  }).immediate;
  const guarded = async <T>(work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw sqliteError(error, path);
    }
  };
  return {
    db,
    run: guarded,
    write: (batches) => guarded(() => runAll(batches)),
    close: () => guarded(() => db.destroy()),
  };
}
