import { join } from 'node:path';
import type { SynthModel } from '../core/synth/process.js';
import { type SynthTicker, synthTicker } from '../core/synth/tickers.js';
import { GexError } from '../errors.js';
import type { Ctx } from '../io/ctx.js';
import { acquireLock, type FileLock } from '../io/lock.js';
import type { Store } from '../stores/sql/open.js';
import type { LivePorts } from './live-publish.js';
import { type Play, playAfter, playNow } from './live-synth-play.js';
import { playSession, type SessionPorts } from './live-synth-session.js';
import { recordTimes } from './record-times.js';

export interface LiveSynthOptions {
  /** Root of an archive that holds sessions of this seed and model only. */
  readonly root: string;
  readonly tickers: readonly string[];
  readonly seed: number;
  readonly model: SynthModel;
  /** Between two records, in session time; whole seconds. */
  readonly intervalMs: number;
  readonly exposureIntervalMs: number;
  /** Session time per time of the clock. */
  readonly speed: number;
  /** One session, and of it so many new records of each ticker; absent: every session to come. */
  readonly only?: { readonly records: number };
}

export interface LiveSynthPorts extends SessionPorts {
  readonly openStore: () => Promise<Store>;
}

/** A synthetic market that goes on until it is closed. */
export interface LiveSynth {
  /** Of the session that plays first. */
  readonly date: string;
  /** It is over and plays as if it had opened now. */
  readonly again: boolean;
  readonly tickers: readonly string[];
  /** Epoch ms in the time of the session that has played last: the clock's, unless it plays again. */
  sessionNow(): number;
  /** Resolves when nothing more will come: after a session at another speed than 1, or the only one. Rejects with `storage`. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

const LOCK_MS = 30_000;

/**
 * Plays synthetic sessions on the clock and records them as they happen: the one under way (made up to now at once), or
 * the last one again from its open; at speed 1 then every session to come. The records are those `gex synth` makes with
 * the same seed. Resolves when each ticker has a record. GexError `missing`: unknown ticker; `usage`: bad times, or
 * another process plays there; `storage`.
 */
export async function startLiveSynth(
  options: LiveSynthOptions,
  { openStore, ...others }: LiveSynthPorts,
  ctx: Ctx,
): Promise<LiveSynth> {
  const rows = [...new Map(options.tickers.map(synthTicker).map((row) => [row.ticker, row])).values()];
  const play = playNow(ctx.clock.now(), options.speed);
  recordTimes(play.day, options); // bad times leave nothing behind
  const lock = await lockRoot(options.root, ctx);
  const ending = new AbortController();
  const signal = AbortSignal.any([ctx.signal, ending.signal, lock.lost]);
  let store: Store | undefined;
  const release = async (): Promise<void> => {
    await store?.close();
    await lock.release();
  };
  try {
    store = await openStore();
    const started = deferred();
    let current = play;
    const onRecord = (of: Play): void => {
      current = of;
      started.resolve();
    };
    const playing = playAll({ ...options, rows, play }, { ...others, store }, { ...ctx, signal }, onRecord);
    const ended = playing.catch((error: unknown) => {
      if (!ending.signal.aborted && !ctx.signal.aborted) throw error;
    });
    ended.catch(() => undefined); // whoever started it hears of it, now or when they ask
    await Promise.race([started.promise, playing]);
    const { day, again } = play;
    return {
      ...{ date: day.date, again, tickers: rows.map(({ ticker }) => ticker), ended },
      sessionNow: () => current.instantAt(ctx.clock.now()),
      close: async () => {
        ending.abort();
        await ended.catch(() => undefined); // said by `ended`
        await release();
      },
    };
  } catch (error) {
    ending.abort();
    await release();
    throw error;
  }
}

async function lockRoot(root: string, ctx: Ctx): Promise<FileLock> {
  const lock = await acquireLock(join(root, '.live.lock'), { ttlMs: LOCK_MS }, ctx);
  if (lock !== undefined) return lock;
  throw new GexError(
    'usage',
    `Another process plays a synthetic session into ${root}: stop it, or take another --seed.`,
  );
}

interface Market extends LiveSynthOptions {
  readonly rows: readonly SynthTicker[];
  readonly play: Play;
}

async function playAll(
  { play: first, ...market }: Market,
  ports: SessionPorts & Pick<LivePorts, 'store'>,
  ctx: Ctx,
  onRecord: (play: Play) => void,
): Promise<void> {
  const { runs } = ports.store;
  for (let play = first; ; play = playAfter(play.day.date, ctx.clock.now())) {
    const { date } = play.day;
    const { root: _root, rows: _rows, ...settings } = market;
    const runId = await runs.start('live-synth', ctx.clock.now(), { ...settings, date });
    try {
      const records = await playSession({ ...market, play }, { ...ports, runId }, ctx, () => onRecord(play));
      await runs.finish(runId, ctx.clock.now(), 'done', { date, records });
      if (!market.only) ctx.log.info(`the synthetic session of ${date} is over`, { records });
    } catch (error) {
      await runs.finish(runId, ctx.clock.now(), ctx.signal.aborted ? 'interrupted' : 'failed');
      throw error;
    }
    if (market.speed !== 1 || market.only) return;
  }
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}
