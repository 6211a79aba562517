import { setImmediate as turn } from 'node:timers/promises';
import type { ChainSnapshot } from '../core/model.js';
import type { SynthModel } from '../core/synth/process.js';
import { startSession } from '../core/synth/session.js';
import type { SynthTicker } from '../core/synth/tickers.js';
import type { Ctx } from '../io/ctx.js';
import { listStreams } from '../stores/archive/days.js';
import { removeStream } from '../stores/archive/remove.js';
import type { Store } from '../stores/sql/open.js';
import { type LivePorts, type LivePublisher, openLivePublisher } from './live-publish.js';
import type { Play } from './live-synth-play.js';
import { synthTick } from './live-synth-tick.js';
import { type RecordTimes, recordTimes } from './record-times.js';
import type { StreamTick } from './stream-tick.js';
import { chainsOf } from './synth-chains.js';

interface SessionJob {
  readonly root: string;
  readonly rows: readonly SynthTicker[];
  readonly play: Play;
  readonly seed: number;
  readonly model: SynthModel;
  readonly intervalMs: number;
  readonly exposureIntervalMs: number;
  /** That it ends after. */
  readonly only?: { readonly records: number };
}

export interface SessionPorts extends Pick<LivePorts, 'bus'> {
  /** Hears of every new record of every ticker. */
  readonly onTick?: (tick: StreamTick) => void | Promise<void>;
}

/** One ticker of the session that plays. */
interface Part {
  readonly row: SynthTicker;
  chainAt(atMs: number): ChainSnapshot;
  readonly publisher: LivePublisher;
  /** Epoch ms of the last record that was there already. */
  readonly heldMs: number;
}

/**
 * Plays one session to its end, all tickers at each instant, and returns how many records each has. One that plays again
 * replaces what was recorded of it; one on the clock goes on behind it. GexError `storage`.
 */
export async function playSession(
  job: SessionJob,
  ports: LivePorts & SessionPorts,
  ctx: Ctx,
  onRecord: () => void,
): Promise<number> {
  const times = recordTimes(job.play.day, job);
  const parts: Part[] = [];
  try {
    for (const row of job.rows) {
      if (job.play.again) await forget(job, row, ports.store);
      parts.push(await openPart(job, row, ports, ctx));
    }
    return await playInstants(job, times, { ...ports, parts, onRecord }, ctx);
  } finally {
    await Promise.all(parts.map(({ publisher }) => publisher.close()));
  }
}

async function forget({ root, play: { day } }: SessionJob, { ticker }: SynthTicker, store: Store): Promise<void> {
  for (const key of await listStreams(root, day.date)) {
    if (key.ticker === ticker) await removeStream(root, key);
  }
  await store.clear(ticker, day.openMs, day.closeMs);
}

async function openPart(job: SessionJob, row: SynthTicker, ports: LivePorts, ctx: Ctx): Promise<Part> {
  const { root, seed, model, exposureIntervalMs } = job;
  const { day } = job.play;
  const basis = row.futuresOf && { basis: row.futuresOf.basis };
  const live = { root, ticker: row.ticker, date: day.date, iv: 'chain', exposureIntervalMs, ...basis } as const;
  const publisher = await openLivePublisher(live, ports, ctx);
  const chainAt = chainsOf(startSession({ ticker: row, day, seed, model }));
  const isHeld = publisher.lastMs >= day.openMs && publisher.lastMs < day.closeMs;
  if (isHeld) publisher.remember(chainAt(publisher.lastMs));
  return { row, chainAt, publisher, heldMs: isHeld ? publisher.lastMs : Number.NEGATIVE_INFINITY };
}

interface Playing extends SessionPorts {
  readonly parts: readonly Part[];
  readonly onRecord: () => void;
}

async function playInstants(
  { play, only }: SessionJob,
  { fromMs, toMs, intervalMs }: RecordTimes,
  playing: Playing,
  ctx: Ctx,
): Promise<number> {
  let records = 0;
  let news = 0;
  for (let atMs = fromMs; atMs <= toMs && news < (only?.records ?? Number.POSITIVE_INFINITY); atMs += intervalMs) {
    await until(play.dueMs(atMs), ctx);
    news += (await playInstant(atMs, play, playing, ctx)) ? 1 : 0;
    records += 1;
    playing.onRecord();
  }
  return records;
}

/** The records of an instant that are not held; whether there are any. */
async function playInstant(atMs: number, play: Play, { parts, onTick }: Playing, ctx: Ctx): Promise<boolean> {
  let isNew = false;
  for (const { row, publisher, chainAt, heldMs } of parts) {
    if (atMs > heldMs) {
      const chain = chainAt(atMs);
      const published = await publisher.publish(chain);
      isNew = true;
      await onTick?.(synthTick({ row, chain, published, ageMs: ctx.clock.now() - play.dueMs(atMs) }));
    }
    await turn(); // a server in the same process answers in between
    ctx.signal.throwIfAborted();
  }
  return isNew;
}

/** Sleeps in parts: a clock that is set, or a computer that sleeps, is noticed within a minute. */
async function until(dueMs: number, { clock, signal }: Ctx): Promise<void> {
  for (let waitMs = dueMs - clock.now(); waitMs > 0; waitMs = dueMs - clock.now()) {
    await clock.sleep(Math.min(waitMs, 60_000), signal);
  }
}
