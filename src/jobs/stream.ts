import { newYorkDate, nextTradingDay, type TradingDay, tradingDay } from '../core/calendar.js';
import { GexError } from '../errors.js';
import type { TradeStationApi } from '../feeds/tradestation/api.js';
import type { StreamOptions as FollowOptions } from '../feeds/tradestation/stream.js';
import { backoffMs } from '../io/backoff.js';
import type { Ctx } from '../io/ctx.js';
import type { Store } from '../stores/sql/open.js';
import type { LivePorts } from './live-publish.js';
import { openUnderlying } from './stream-open.js';
import { openSpots, type Spots } from './stream-spots.js';
import type { StreamTick } from './stream-tick.js';
import type { Underlying, UnderlyingOptions } from './stream-underlying.js';

export interface StreamOptions extends Omit<UnderlyingOptions, 'ticker' | 'day'> {
  readonly tickers: readonly string[];
  /** Open at once at most, that of the underlyings included. */
  readonly maxStreams: number;
  /** Ticks after which it ends; default: the close. */
  readonly maxTicks?: number;
}

interface StreamPorts extends Pick<LivePorts, 'bus'> {
  readonly rest: FollowOptions;
  readonly api: TradeStationApi;
  readonly store: Store;
  /** Hears of every tick of every underlying. */
  readonly onTick: (tick: StreamTick) => void | Promise<void>;
}

export interface StreamReport {
  readonly date: string;
  readonly tickers: readonly { readonly ticker: string; readonly records: number; readonly gaps: number }[];
}

/** Before the open: streams are opened, and volumes of the session before are heard of. */
const WARM_UP_MS = 5 * 60_000;
const RETRY_MS = 2000;
/** Ends what still runs in the background. */
const OVER = new Error('the session is over');
const NOT_RUNNING = 'gex stream was not running';
const LATE = 'this program was busy or asleep';

/**
 * Records the session under way, else the next one, from live streams: a record or part of a gap for every tick from the
 * open, or where records end, to the close. GexError `usage`, `missing`, `auth`, `storage`; outages are waited out.
 */
export async function stream(options: StreamOptions, ports: StreamPorts, ctx: Ctx): Promise<StreamReport> {
  const { root: _, ...settings } = options;
  const startedMs = ctx.clock.now();
  const day = sessionAt(startedMs);
  const runId = await ports.store.runs.start('stream', startedMs, { ...settings, date: day.date });
  try {
    const report = await recordSession(options, { ...ports, runId }, day, ctx);
    await ports.store.runs.finish(runId, ctx.clock.now(), 'done', report);
    return report;
  } catch (error) {
    await ports.store.runs.finish(runId, ctx.clock.now(), ctx.signal.aborted ? 'interrupted' : 'failed');
    throw error;
  }
}

/** The session that is not over at an instant. */
function sessionAt(nowMs: number): TradingDay {
  const today = newYorkDate(nowMs);
  const session = tradingDay(today);
  if (session && nowMs < session.closeMs) return session;
  return tradingDay(nextTradingDay(today)) as TradingDay;
}

type SessionPorts = StreamPorts & { readonly runId: number };

async function recordSession(
  options: StreamOptions,
  ports: SessionPorts,
  day: TradingDay,
  outer: Ctx,
): Promise<StreamReport> {
  const failure = new AbortController();
  const fail = (error: unknown): void => failure.abort(error);
  const ctx = { ...outer, signal: AbortSignal.any([outer.signal, failure.signal]) };
  const waitMs = day.openMs - WARM_UP_MS - ctx.clock.now();
  if (waitMs > 0) {
    ctx.log.info(`the market is closed; the session of ${day.date} begins at ${new Date(day.openMs).toISOString()}`);
    await ctx.clock.sleep(waitMs, ctx.signal);
  }
  const underlyings: Underlying[] = [];
  const spots = openSpots(
    { tickers: options.tickers, day, mayRetry: () => underlyings.some(({ records }) => records > 0) },
    ports.rest,
    ctx,
  );
  try {
    await spots.ready();
    const room = { streams: options.maxStreams - 1 };
    spots.failed.catch(fail);
    for (const ticker of options.tickers) {
      underlyings.push(
        await patiently(
          `the contracts of ${ticker}`,
          () => openUnderlying({ ...options, ticker, day }, spots.of(ticker).spot, { ...ports, room, fail }, ctx),
          ctx,
        ),
      );
    }
    const isOver = await runTicks({ options, day, spots, underlyings, onTick: ports.onTick }, ctx);
    await closeAll(spots, underlyings);
    if (isOver) await Promise.all(underlyings.map((one) => one.filled()));
    const tickers = underlyings.map(({ symbols, records, gaps }) => ({ ticker: symbols.underlying, records, gaps }));
    return { date: day.date, tickers };
  } finally {
    fail(OVER);
    await closeAll(spots, underlyings);
  }
}

/** Everything is closed, whatever fails. */
async function closeAll(spots: Spots, underlyings: readonly Underlying[]): Promise<void> {
  const closed = await Promise.allSettled([spots.stop(), ...underlyings.map((one) => one.close())]);
  for (const result of closed) if (result.status === 'rejected') throw result.reason;
}

interface Session {
  readonly options: StreamOptions;
  readonly day: TradingDay;
  readonly spots: Spots;
  readonly underlyings: readonly Underlying[];
  readonly onTick: StreamPorts['onTick'];
}

/** Ticks on the grid of the interval from the open. True when the session is over, false when enough ticks were made. */
async function runTicks({ options, day, spots, underlyings, onTick }: Session, ctx: Ctx): Promise<boolean> {
  const { intervalMs, maxTicks = Number.POSITIVE_INFINITY } = options;
  const { openMs, closeMs } = day;
  const tickAtOrAfter = (ms: number): number => openMs + Math.ceil(Math.max(0, ms - openMs) / intervalMs) * intervalMs;
  let nextMs = tickAtOrAfter(ctx.clock.now());
  const startMs = Math.min(nextMs, closeMs);
  for (const one of underlyings) one.missed(startMs, NOT_RUNNING);
  for (let ticks = 0; nextMs < closeMs; ticks += 1) {
    if (ticks >= maxTicks) return false;
    await ctx.clock.sleep(Math.max(0, nextMs - ctx.clock.now()), ctx.signal);
    ctx.signal.throwIfAborted();
    const dueMs = openMs + Math.floor((ctx.clock.now() - openMs) / intervalMs) * intervalMs;
    const atMs = Math.min(Math.max(nextMs, dueMs), closeMs);
    for (const one of underlyings) one.missed(atMs, LATE);
    if (atMs >= closeMs) break;
    for (const one of underlyings) {
      if (atMs < one.reachedMs) continue; // recorded before, at another interval
      await onTick(await one.tick(atMs, spots.of(one.symbols.underlying)));
    }
    nextMs = atMs + intervalMs;
  }
  for (const one of underlyings) one.missed(closeMs, LATE);
  return true;
}

/** Outages are waited out, longer each time. */
async function patiently<T>(what: string, work: () => Promise<T>, ctx: Ctx): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await work();
    } catch (error) {
      ctx.signal.throwIfAborted();
      if (!(error instanceof GexError && error.kind === 'upstream')) throw error;
      const waitMs = RETRY_MS + backoffMs(failures, RETRY_MS, Math.random);
      ctx.log.warn(`${what} cannot be had yet: ${error.message}`, { waitMs });
      await ctx.clock.sleep(waitMs, ctx.signal);
    }
  }
}
