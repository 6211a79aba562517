import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { ensureWritableDir } from '../io/files.js';
import { enterWal, sqliteError } from './sql/sqlite.js';

/** Texts by scope and name in an SQLite file of their own, the most recently saved ones of each scope. */
export interface PositionFile {
  load(scope: string, name: string): string | undefined;
  /** Saves in one transaction, then forgets all but the `keep` names of the scope saved last. GexError `storage`. */
  save(scope: string, rows: readonly (readonly [name: string, text: string])[], keep: number): void;
  /** Forgets a name, or the whole scope. GexError `storage`. */
  forget(scope: string, name?: string): void;
  close(): void;
}

const SCHEMA = `
  create table if not exists positions (
    scope text not null, name text not null, saved integer not null, text text not null, primary key (scope, name)
  ) without rowid;
  create index if not exists positions_saved on positions (scope, saved);`;

/** Opens (makes) the file. GexError `storage`. */
export async function openPositionFile(path: string): Promise<PositionFile> {
  let db: Sqlite.Database | undefined;
  try {
    await ensureWritableDir(dirname(path));
    db = new Sqlite(path, { timeout: 5000 });
    await enterWal(db, 5000);
    db.pragma('synchronous = NORMAL');
    db.exec(SCHEMA);
    return positionFile(path, db);
  } catch (error) {
    db?.close();
    throw sqliteError(error, path);
  }
}

function positionFile(path: string, db: Sqlite.Database): PositionFile {
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw sqliteError(error, path);
    }
  };
  const one = db.prepare<[string, string], { text: string }>('select text from positions where scope = ? and name = ?');
  const newest = db.prepare<[string], { saved: number | null }>(
    'select max(saved) saved from positions where scope = ?',
  );
  const put = db.prepare('insert or replace into positions (scope, name, saved, text) values (?, ?, ?, ?)');
  const trim = db.prepare(`delete from positions where scope = ? and saved <=
    (select saved from positions where scope = ? order by saved desc limit 1 offset ?)`);
  const drop = db.prepare('delete from positions where scope = ? and name = ?');
  const dropAll = db.prepare('delete from positions where scope = ?');
  const save: PositionFile['save'] = (scope, rows, keep) => {
    let saved = newest.get(scope)?.saved ?? 0;
    for (const [name, text] of rows) put.run(scope, name, ++saved, text);
    trim.run(scope, scope, keep);
  };
  const saveAll = db.transaction(save).immediate;
  return {
    load: (scope, name) => guarded(() => one.get(scope, name)?.text),
    save: (scope, rows, keep) => guarded(() => saveAll(scope, rows, keep)),
    forget: (scope, name) => {
      guarded(() => (name === undefined ? dropAll.run(scope) : drop.run(scope, name)));
    },
    close: () => void db.close(),
  };
}
