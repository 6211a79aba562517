import { newYorkDate, previousTradingDay, tradingDay } from '../core/calendar.js';
import { sessionOf } from '../core/synth/chain.js';
import type { SynthModel } from '../core/synth/process.js';
import { type SynthTicker, synthTicker } from '../core/synth/tickers.js';
import { GexError } from '../errors.js';
import type { Ctx } from '../io/ctx.js';
import { listStreams } from '../stores/archive/days.js';
import type { Store } from '../stores/sql/open.js';
import { type RecordTimeOptions, recordTimes } from './record-times.js';
import { synthTickerDay, type TickerDayReport } from './synth-day.js';

export interface SynthOptions extends RecordTimeOptions {
  /** Root of the archive. */
  readonly root: string;
  /** Default: the session under way, else the last one. */
  readonly date?: string;
  readonly tickers: readonly string[];
  readonly seed: number;
  readonly model: SynthModel;
  /** Replace record files that are there already. */
  readonly force: boolean;
}

export interface SynthReport {
  readonly date: string;
  readonly seed: number;
  readonly model: SynthModel;
  readonly tickers: readonly TickerDayReport[];
  readonly records: number;
  readonly files: number;
  readonly bytes: number;
  readonly seconds: number;
  /** Session time over the time it took. */
  readonly realTimeRatio: number;
}

// Why the same bytes everywhere: paths, open interest and trades are made of operations that IEEE 754 rounds exactly
// (core/portable.ts). Pricing goes through the engine's Math.exp and Math.log1p, which V8 brings along as its own port of
// fdlibm; should a platform differ in their last bit, rounding to 2 or 3 decimals hides it but for one number in 10^10.

/**
 * Synthesises a session of each ticker, one after the other: 15 record files in the archive, which appear when they are
 * whole, and ticks, exposures, levels and a chain in the store. The same seed and options make the same bytes.
 * GexError `usage`: no session on that date, files that are there, bad times; `missing`: unknown ticker; `storage`.
 */
export async function synth(
  options: SynthOptions,
  ports: { readonly openStore: () => Promise<Store> },
  ctx: Ctx,
): Promise<SynthReport> {
  const startedMs = ctx.clock.now();
  const day = sessionOf(options.date ?? lastSession(startedMs));
  const tickers = [...new Map(options.tickers.map(synthTicker).map((row) => [row.ticker, row])).values()];
  const plan = recordTimes(day, options);
  if (!options.force) await refuseExisting(options.root, day.date, tickers);
  const { seed, model } = options;
  const settings = { date: day.date, seed, model, tickers: tickers.map((row) => row.ticker), ...plan };
  const store = await ports.openStore(); // only now: what is refused leaves nothing behind
  const run = await store.runs.start('synth', startedMs, settings);
  const reports: TickerDayReport[] = [];
  try {
    for (const ticker of tickers) {
      reports.push(
        await synthTickerDay({ ...plan, root: options.root, ticker, day, seed, model, run }, { store }, ctx),
      );
    }
  } catch (error) {
    const status = ctx.signal.aborted ? 'interrupted' : 'failed';
    await store.runs.finish(run, ctx.clock.now(), status);
    throw error;
  }
  const seconds = (ctx.clock.now() - startedMs) / 1000;
  const sum = (of: (report: TickerDayReport) => number) => reports.reduce((total, report) => total + of(report), 0);
  const report = {
    ...{ date: day.date, seed, model, tickers: reports, seconds },
    records: sum((one) => one.records),
    files: sum((one) => one.files),
    bytes: sum((one) => one.bytes),
    realTimeRatio: sum((one) => one.sessionSeconds) / seconds,
  };
  await store.runs.finish(run, ctx.clock.now(), 'done', report);
  return report;
}

/** The date of the session under way at an instant, else of the last one. */
function lastSession(atMs: number): string {
  const today = newYorkDate(atMs);
  const session = tradingDay(today);
  return session && atMs >= session.openMs ? today : previousTradingDay(today);
}

async function refuseExisting(root: string, date: string, tickers: readonly SynthTicker[]): Promise<void> {
  const held = (await listStreams(root, date)).map((stream) => stream.ticker);
  const taken = tickers.map((row) => row.ticker).filter((ticker) => held.includes(ticker));
  if (taken.length === 0) return;
  throw new GexError(
    'usage',
    `${root}/${date} already has record files of ${taken.join(', ')}; --force replaces them.`,
  );
}
