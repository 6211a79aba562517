import { GexError } from '../../errors.js';
import { type BarTable, barTable } from './bars.js';
import { type ChainTable, chainTable } from './chains.js';
import type { Connection } from './connection.js';
import { type ConventionTable, conventionTable } from './conventions.js';
import { type ExposureTable, exposureTable } from './exposures.js';
import { type GateTable, gateTable } from './gates.js';
import { type LedgerTable, ledgerTable } from './ledger.js';
import { type LevelTable, levelTable } from './levels.js';
import { type RunTable, runTable } from './runs.js';
import { openSqlite, type SqliteOptions } from './sqlite.js';
import { type TickTable, tickTable } from './ticks.js';

/** The database: one value per table. Every method rejects with GexError `storage` when the database fails. */
export interface Store {
  /** File or address, for messages. */
  readonly location: string;
  readonly ticks: TickTable;
  readonly bars: BarTable;
  readonly chains: ChainTable;
  readonly conventions: ConventionTable;
  readonly exposures: ExposureTable;
  readonly levels: LevelTable;
  readonly runs: RunTable;
  readonly ledger: LedgerTable;
  readonly gates: GateTable;
  /** Forgets ticks, bars, exposures and levels of a ticker with fromMs <= time < toMs, before a session is written anew. */
  clear(ticker: string, fromMs: number, toMs: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the store in an SQLite file, made with its folder when absent; several processes may have it open.
 * GexError `storage` (damaged, locked, newer, disk), `usage` (an address, not a file).
 */
export async function openStore(location: string, options: SqliteOptions = {}): Promise<Store> {
  if (/^[a-z]+:\/\//.test(location)) {
    throw new GexError(
      'usage',
      `the store is an SQLite file in this version, not ${location.split(':')[0]}: give a path`,
    );
  }
  return storeOn(await openSqlite(location, options), location);
}

/** The store on a migrated database. */
export function storeOn(connection: Connection, location: string): Store {
  const { db, write } = connection;
  const removals = [
    db.deleteFrom('ticks').where('ticker', '=', '').where('at_ms', '>=', 0).where('at_ms', '<', 0),
    db.deleteFrom('bars').where('ticker', '=', '').where('start_ms', '>=', 0).where('start_ms', '<', 0),
    db.deleteFrom('exposures').where('ticker', '=', '').where('as_of_ms', '>=', 0).where('as_of_ms', '<', 0),
    db.deleteFrom('levels').where('ticker', '=', '').where('as_of_ms', '>=', 0).where('as_of_ms', '<', 0),
  ].map((query) => query.compile().sql);
  return {
    location,
    ticks: tickTable(connection),
    bars: barTable(connection),
    chains: chainTable(connection),
    conventions: conventionTable(connection),
    exposures: exposureTable(connection),
    levels: levelTable(connection),
    runs: runTable(connection),
    ledger: ledgerTable(connection),
    gates: gateTable(connection),
    clear: (ticker, fromMs, toMs) => write(removals.map((sql) => ({ sql, rows: [[ticker, fromMs, toMs]] }))),
    close: () => connection.close(),
  };
}
