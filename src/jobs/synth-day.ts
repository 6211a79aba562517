import { setImmediate as turn } from 'node:timers/promises';
import type { TradingDay } from '../core/calendar.js';
import { priceBook } from '../core/chainvol.js';
import { exposureProfileOf } from '../core/exposure.js';
import type { ChainSnapshot } from '../core/model.js';
import { snapshotOf } from '../core/synth/chain.js';
import type { UnderlyingTick } from '../core/synth/path.js';
import type { SynthModel } from '../core/synth/process.js';
import { type SyntheticSession, startSession } from '../core/synth/session.js';
import type { SynthTicker } from '../core/synth/tickers.js';
import type { Ctx } from '../io/ctx.js';
import { type DayWriter, openDayWriter } from '../stores/archive/write.js';
import type { Store } from '../stores/sql/open.js';
import type { Tick } from '../stores/sql/ticks.js';
import { CATEGORIES } from '../wire/catalogue.js';
import { writeGexChain } from '../wire/gex-chain.js';
import { type ExposureRows, exposureRows } from './exposure-rows.js';
import { createPublisher } from './publish.js';
import type { RecordTimes } from './record-times.js';
import { chainsOf } from './synth-chains.js';

interface TickerDay extends RecordTimes {
  readonly root: string;
  readonly ticker: SynthTicker;
  readonly day: TradingDay;
  readonly seed: number;
  readonly model: SynthModel;
  /** Number of the run in the store. */
  readonly run: number;
}

export interface TickerDayReport {
  readonly ticker: string;
  readonly records: number;
  readonly files: number;
  readonly bytes: number;
  readonly sessionSeconds: number;
  /** How often the price was turned back at its floor or cap. */
  readonly reflections: number;
}

/** Records between two turns of the event loop, where signals, progress and finished writes get their chance. */
const RECORDS_PER_TURN = 8;
/** The stored chain is taken this long before the close at the latest: the nearest expiry still has time value. */
const CHAIN_BEFORE_CLOSE_MS = 3_600_000;

/** What a session leaves in the store; held until the record files are whole. */
interface Kept {
  readonly ticks: Tick[];
  readonly exposures: ExposureRows[];
  chain: ChainSnapshot | undefined;
}

/** One session of one ticker into the archive and the store: both, or none when it fails or is interrupted. */
export async function synthTickerDay(
  job: TickerDay,
  { store }: { readonly store: Store },
  ctx: Ctx,
): Promise<TickerDayReport> {
  const { ticker, day } = job;
  const keys = CATEGORIES.map((row) => ({
    date: day.date,
    ticker: ticker.ticker,
    package: row.package,
    category: row.category,
  }));
  const session = startSession(job);
  const records = Math.floor((job.toMs - job.fromMs) / job.intervalMs) + 1;
  const task = ctx.progress.start(`synth ${ticker.ticker} ${day.date}`, records);
  const writer = await openDayWriter(job.root, keys);
  try {
    const kept = await writeRecords(job, { session, writer }, ctx, () => task.advance(1));
    ctx.signal.throwIfAborted();
    await keep(job, kept, store);
    const files = await writer.commit();
    if (session.reflections > 0) {
      ctx.log.warn('the price was turned back at its floor or cap', {
        ...{ ticker: ticker.ticker, times: session.reflections, floor: ticker.floor, cap: ticker.cap },
      });
    }
    return {
      ticker: ticker.ticker,
      records,
      files: files.length,
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      sessionSeconds: (job.toMs - job.fromMs) / 1000,
      reflections: session.reflections,
    };
  } catch (error) {
    await writer.abort();
    throw error;
  } finally {
    task.done();
  }
}

async function writeRecords(
  job: TickerDay,
  { session, writer }: { readonly session: SyntheticSession; readonly writer: DayWriter },
  ctx: Ctx,
  onRecord: () => void,
): Promise<Kept> {
  const { basis = 0 } = job.ticker.futuresOf ?? {};
  const publisher = createPublisher(job.ticker.ticker, { iv: 'chain', basis });
  const chainAt = chainsOf(session);
  const kept: Kept = { ticks: [], exposures: [], chain: undefined };
  let nextExposureMs = job.fromMs;
  let records = 0;
  for (let atMs = job.fromMs; atMs <= job.toMs; atMs += job.intervalMs) {
    const chain = chainAt(atMs);
    for (const [stream, line] of publisher.publish(chain).entries()) {
      const behind = writer.append(stream, line);
      if (behind) await behind;
    }
    kept.ticks.push({ ticker: job.ticker.ticker, atMs, seq: 0, ...tickAbove(session.tick, basis) });
    // What a view would say in the store, its index says already.
    if (atMs >= nextExposureMs && !job.ticker.futuresOf) {
      kept.exposures.push(
        exposureRows(job.ticker.ticker, exposureProfileOf(priceBook(chain, { iv: 'chain' }), { levels: 0 })),
      );
      nextExposureMs = atMs + job.exposureIntervalMs;
    }
    const isLate = atMs + job.intervalMs > Math.min(job.toMs, job.day.closeMs - CHAIN_BEFORE_CLOSE_MS);
    if (isLate && !job.ticker.futuresOf) kept.chain ??= snapshotOf(session);
    onRecord();
    if (++records % RECORDS_PER_TURN !== 0) continue;
    await turn();
    ctx.signal.throwIfAborted();
  }
  return kept;
}

function tickAbove({ price, bid, ask, volume }: UnderlyingTick, basis: number): UnderlyingTick {
  const above = (value: number): number => Math.round((value + basis) * 100) / 100;
  return { price: above(price), bid: above(bid), ask: above(ask), volume };
}

/** Replaces what the store had of the session. */
async function keep({ ticker, day, run }: TickerDay, { ticks, exposures, chain }: Kept, store: Store): Promise<void> {
  await store.clear(ticker.ticker, day.openMs, day.closeMs);
  await store.ticks.insert(ticks);
  const numbered = await Promise.all(
    exposures.map(async (rows) => ({ ...rows, conventionId: await store.conventions.idOf({ ...rows.convention }) })),
  );
  await store.exposures.insert(numbered.map(({ exposures: rows, conventionId }) => ({ ...rows, conventionId })));
  await store.levels.insert(numbered.map(({ levels, conventionId }) => ({ ...levels, conventionId, runId: run })));
  if (!chain) return;
  const { underlying, asOfMs, source, spot, model, contracts, rate = Number.NaN, dividendYield = Number.NaN } = chain;
  const document = writeGexChain(chain);
  await store.chains.insert({
    ...{ underlying, asOfMs, source, spot, rate, dividendYield, model, document },
    contracts: contracts.length,
  });
}
