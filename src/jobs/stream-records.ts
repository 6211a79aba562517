import { join } from 'node:path';
import type { TradingDay } from '../core/calendar.js';
import type { ChainSnapshot } from '../core/model.js';
import { GexError } from '../errors.js';
import type { BookState } from '../feeds/tradestation/book-state.js';
import type { RestOptions } from '../feeds/tradestation/rest.js';
import { symbolsOf } from '../feeds/tradestation/symbols.js';
import type { Ctx } from '../io/ctx.js';
import { acquireLock, type FileLock, lockHolder } from '../io/lock.js';
import { readGaps } from '../stores/archive/gaps.js';
import { type LivePorts, type LivePublisher, openLivePublisher, type Published } from './live-publish.js';
import { createGapFiller, type GapFiller } from './stream-bars.js';
import { type Checkpoint, type CheckpointKeeper, createKeeper } from './stream-checkpoint.js';
import { type Coverage, createCoverage } from './stream-coverage.js';
import { type RecordedRows, recordedRows } from './stream-ledger.js';

interface RecordsOptions {
  readonly root: string;
  readonly ticker: string;
  readonly day: TradingDay;
  readonly intervalMs: number;
  /** Annual decimal. */
  readonly rate?: number;
}

export interface RecordsPorts extends LivePorts {
  readonly rest: RestOptions;
}

interface RecordsParts {
  readonly publisher: LivePublisher;
  readonly coverage: Coverage;
  readonly filler: GapFiller;
  readonly lock: FileLock;
  readonly keeper: CheckpointKeeper;
  readonly checkpoint: Checkpoint | undefined;
  readonly rows: RecordedRows;
}

const EXPOSURES_EVERY_MS = 60_000;
const LOCK_TTL_MS = 60_000;

/** One underlying's records of a session and its gaps, which no other process writes meanwhile. Close them. */
export class SessionRecords {
  readonly #publisher: LivePublisher;
  readonly #coverage: Coverage;
  readonly #filler: GapFiller;
  readonly #lock: FileLock;
  readonly #keeper: CheckpointKeeper;
  readonly #rows: RecordedRows;
  /** What was known at a record of before; undefined when everything begins here. */
  readonly checkpoint: Checkpoint | undefined;

  private constructor(parts: RecordsParts) {
    this.#publisher = parts.publisher;
    this.#coverage = parts.coverage;
    this.#filler = parts.filler;
    this.#lock = parts.lock;
    this.#keeper = parts.keeper;
    this.#rows = parts.rows;
    this.checkpoint = parts.checkpoint;
  }

  /** Opens the record files behind what they hold, and fills gaps of before. GexError `storage`, also when others record it. */
  static async open(options: RecordsOptions, ports: RecordsPorts, ctx: Ctx): Promise<SessionRecords> {
    const { root, ticker, day, rate } = options;
    const lock = await lockOf(root, ticker, ctx);
    let publisher: LivePublisher | undefined;
    try {
      const { date } = day;
      publisher = await openLivePublisher(
        {
          ...{ root, ticker, date, iv: 'solve', exposureIntervalMs: EXPOSURES_EVERY_MS },
          ...(rate === undefined ? {} : { rate }),
        },
        ports,
        ctx,
      );
      const { barSymbol } = symbolsOf(ticker);
      const filler = createGapFiller(
        { root, ticker, date, barSymbol },
        { rest: ports.rest, bars: ports.store.bars },
        ctx,
      );
      const keeper = createKeeper({ root, ticker, date }, ctx);
      const checkpoint = await keeper.restore(publisher.lastMs);
      const coverage = await coverageOf(options, publisher, filler);
      const rows = recordedRows({ root, ticker, date }, ports.store.ledger, ctx);
      return new SessionRecords({ publisher, coverage, filler, lock, keeper, checkpoint, rows });
    } catch (error) {
      await publisher?.close();
      await lock.release();
      throw error;
    }
  }

  /** Epoch ms of the last record; NaN when there is none. */
  get lastMs(): number {
    return this.#publisher.lastMs;
  }

  /** The instant from which on nothing is accounted for. */
  get reachedMs(): number {
    return this.#coverage.reachedMs;
  }

  get gaps(): number {
    return this.#coverage.gaps;
  }

  /** There are no records up to, exclusive, `toMs`. */
  missed(toMs: number, reasons: readonly string[]): void {
    this.#coverage.missed(toMs, reasons);
  }

  /** Throws when another process may be writing them. */
  requireOurs(): void {
    if (this.#lock.lost.aborted) throw this.#lock.lost.reason;
  }

  /** Takes the chain of the last record: the flows of the next one count from it. */
  remember(chain: ChainSnapshot): void {
    this.#publisher.remember(chain);
  }

  /** The record of a chain, then what the book knew at it; a gap that was open ends there. */
  async record(chain: ChainSnapshot, book: BookState): Promise<Published> {
    await this.#rows.begin();
    const published = await this.#publisher.publish(chain);
    await this.#coverage.recorded(chain.asOfMs);
    await this.#keeper.keep({ atMs: chain.asOfMs, book });
    await this.#rows.follow();
    return published;
  }

  /** Ends the gap that is open, makes the records durable, enters their files in the ledger. */
  async close(): Promise<void> {
    try {
      await this.#coverage.end();
      await this.#publisher.close();
      await this.#rows.enter();
    } finally {
      await this.#lock.release();
    }
  }

  /** Resolves when all gaps have been tried to fill. */
  filled(): Promise<void> {
    return this.#filler.settled();
  }
}

async function coverageOf(
  { root, ticker, day, intervalMs }: RecordsOptions,
  publisher: LivePublisher,
  filler: GapFiller,
): Promise<Coverage> {
  const gaps = await readGaps(root, day.date, ticker);
  for (const gap of gaps) if (gap.filled === undefined) filler.fill(gap);
  const recordedMs = Number.isNaN(publisher.lastMs) ? day.openMs : publisher.lastMs + intervalMs;
  const fromMs = Math.max(day.openMs, recordedMs, ...gaps.map(({ toMs }) => toMs));
  return createCoverage({ fromMs, intervalMs }, async (gap) => {
    await publisher.gap(gap);
    filler.fill(gap);
  });
}

async function lockOf(root: string, ticker: string, ctx: Ctx): Promise<FileLock> {
  const path = join(root, '.stream', `${ticker}.lock`);
  const lock = await acquireLock(path, { ttlMs: LOCK_TTL_MS }, ctx);
  if (lock) return lock;
  const holder = await lockHolder(path);
  throw new GexError('storage', `${ticker} is being recorded by ${holder?.tag ?? 'another process'} already; stop it`);
}
