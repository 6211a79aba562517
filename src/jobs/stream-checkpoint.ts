import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GexError } from '../errors.js';
import { type BookState, STATE_COLUMNS } from '../feeds/tradestation/book-state.js';
import type { Ctx } from '../io/ctx.js';
import { storageError, writeAtomic } from '../io/files.js';

/** What the book of an underlying knew at one of its records. */
export interface Checkpoint {
  /** Of the record, epoch ms. */
  readonly atMs: number;
  readonly book: BookState;
}

/** Keeps the last checkpoint of an underlying's session, for a program that goes on in the middle of it. */
export interface CheckpointKeeper {
  /** Replaces what was kept, whole or not at all. Where that fails records go on, with one warning. */
  keep(checkpoint: Checkpoint): Promise<void>;
  /**
   * What was kept of this session, `lastMs` being its last record (NaN: none). An older or newer instant than that holds too:
   * volumes and positions are those of one moment, and volume above them has no side. Anything else is said in a warning.
   */
  restore(lastMs: number): Promise<Checkpoint | undefined>;
}

interface Place {
  readonly root: string;
  readonly ticker: string;
  readonly date: string;
}

/** A checkpoint and the session it is of. */
interface Kept extends Checkpoint {
  readonly date: string;
}

/** The JSON of it; null is what JSON cannot say. */
interface KeptState {
  readonly ticker: string;
  readonly date: string;
  readonly atMs: number;
  readonly beganMs: number | null;
  /** Those of STATE_COLUMNS. */
  readonly columns: readonly string[];
  readonly contracts: Readonly<Record<string, readonly (number | null)[]>>;
}

const SCHEMA = 'gex-stream-state/1';

/** Keeps it in the archive beside the lock of the recording: one JSON file per ticker with a checksum. */
export function createKeeper(place: Place, { log, clock }: Ctx): CheckpointKeeper {
  const { root, ticker, date } = place;
  const path = join(root, '.stream', `${ticker}.state.json`);
  let isTold = false;
  return {
    keep: async (checkpoint) => {
      try {
        await writeAtomic(path, textOf(place, checkpoint));
        isTold = false;
      } catch (error) {
        if (!isTold) log.warn(`${ticker}: a restart would not know the positions of now`, { error });
        isTold = true;
      }
    },
    restore: async (lastMs) => {
      const fresh = (why: string): undefined => {
        log.warn(`${why}: inferred positions of ${ticker} begin at 0`);
      };
      const kept = await readKept(path, ticker);
      if (typeof kept === 'string') return fresh(kept);
      if (kept?.date !== date) return Number.isNaN(lastMs) ? undefined : fresh(`${path} has nothing of this session`);
      if (Number.isNaN(lastMs)) return fresh(`the records that ${path} belongs to are gone`);
      if (kept.atMs > clock.now()) return fresh(`${path} is of a moment that is still to come`);
      log.info(`${ticker} goes on from its record of ${new Date(kept.atMs).toISOString()}`);
      return kept;
    },
  };
}

/** What a file says, undefined where there is none, or what is wrong with it. */
async function readKept(path: string, ticker: string): Promise<Kept | string | undefined> {
  try {
    const kept = parsed(await readFile(path, 'utf8'), ticker);
    return typeof kept === 'string' ? `${path} is damaged (${kept})` : kept;
  } catch (cause) {
    const error = storageError(cause, 'read', path);
    if (!(error instanceof GexError)) throw error;
    return error.kind === 'missing' ? undefined : error.message;
  }
}

/** Unknown numbers become null: JSON has no NaN. */
function textOf({ ticker, date }: Place, { atMs, book: { beganMs, contracts } }: Checkpoint): string {
  const columns = STATE_COLUMNS;
  const state = JSON.stringify({ ticker, date, atMs, beganMs, columns, contracts: Object.fromEntries(contracts) });
  return `{"schema":"${SCHEMA}","sha256":"${sha256(state)}","state":${state}}\n`;
}

/** What a file says, or what is wrong with it. */
function parsed(text: string, ticker: string): Kept | string {
  const [, checksum, state] =
    /^\{"schema":"gex-stream-state\/1","sha256":"([0-9a-f]{64})","state":(.*)\}\n$/.exec(text) ?? [];
  if (checksum === undefined || state === undefined) return `it is no whole ${SCHEMA}`;
  if (sha256(state) !== checksum) return 'its checksum is another one';
  const found = JSON.parse(state) as KeptState; // the checksum says that this program wrote it
  if (found.ticker !== ticker) return `it is of ${found.ticker}`;
  if (found.columns.join() !== STATE_COLUMNS.join()) return 'it has other columns';
  const contracts = Object.entries(found.contracts).map(
    ([symbol, row]) => [symbol, row.map((value) => value ?? Number.NaN)] as const,
  );
  const book = { beganMs: found.beganMs ?? Number.NEGATIVE_INFINITY, contracts: new Map(contracts) };
  return { date: found.date, atMs: found.atMs, book };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
