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
import { type RecordTimes, recordTimes } from './record-times.js';
import { chainsOf } from './synth-chains.js';

interface SessionJob {
  readonly root: string;
  readonly rows: readonly SynthTicker[];
  readonly play: Play;
  readonly seed: number;
  readonly model: SynthModel;
  readonly intervalMs: number;
  readonly exposureIntervalMs: number;
}

/** One ticker of the session that plays. */
interface Part {
  chainAt(atMs: number): ChainSnapshot;
  readonly publisher: LivePublisher;
  /** Epoch ms of the last record that was there already. */
  readonly heldMs: number;
}

/**
 * Plays one session to its end, all tickers at each instant, and returns how many records each has. One that plays again
 * replaces what was recorded of it; one on the clock goes on behind it. GexError `storage`.
 */
export async function playSession(job: SessionJob, ports: LivePorts, ctx: Ctx, onRecord: () => void): Promise<number> {
  const times = recordTimes(job.play.day, job);
  const parts: Part[] = [];
  try {
    for (const row of job.rows) {
      if (job.play.again) await forget(job, row, ports.store);
      parts.push(await openPart(job, row, ports, ctx));
    }
    return await playInstants(job.play, times, { parts, onRecord }, ctx);
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

async function openPart(job: SessionJob, ticker: SynthTicker, ports: LivePorts, ctx: Ctx): Promise<Part> {
  const { root, seed, model, exposureIntervalMs } = job;
  const { day } = job.play;
  const basis = ticker.futuresOf && { basis: ticker.futuresOf.basis };
  const live = { root, ticker: ticker.ticker, date: day.date, iv: 'chain', exposureIntervalMs, ...basis } as const;
  const publisher = await openLivePublisher(live, ports, ctx);
  const chainAt = chainsOf(startSession({ ticker, day, seed, model }));
  const isHeld = publisher.lastMs >= day.openMs && publisher.lastMs < day.closeMs;
  if (isHeld) publisher.remember(chainAt(publisher.lastMs));
  return { chainAt, publisher, heldMs: isHeld ? publisher.lastMs : Number.NEGATIVE_INFINITY };
}

interface Playing {
  readonly parts: readonly Part[];
  readonly onRecord: () => void;
}

async function playInstants(
  play: Play,
  { fromMs, toMs, intervalMs }: RecordTimes,
  { parts, onRecord }: Playing,
  ctx: Ctx,
): Promise<number> {
  let records = 0;
  for (let atMs = fromMs; atMs <= toMs; atMs += intervalMs) {
    await until(play.dueMs(atMs), ctx);
    for (const part of parts) {
      if (atMs > part.heldMs) await part.publisher.publish(part.chainAt(atMs));
      await turn(); // a server in the same process answers in between
      ctx.signal.throwIfAborted();
    }
    records += 1;
    onRecord();
  }
  return records;
}

/** Sleeps in parts: a clock that is set, or a computer that sleeps, is noticed within a minute. */
async function until(dueMs: number, { clock, signal }: Ctx): Promise<void> {
  for (let waitMs = dueMs - clock.now(); waitMs > 0; waitMs = dueMs - clock.now()) {
    await clock.sleep(Math.min(waitMs, 60_000), signal);
  }
}
