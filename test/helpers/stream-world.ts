import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { marketClock, onTheWall } from '../../src/cli/standin-clock.js';
import type { TradingDay } from '../../src/core/calendar.js';
import { createApi } from '../../src/feeds/tradestation/api.js';
import type { StreamOptions as FollowOptions } from '../../src/feeds/tradestation/stream.js';
import { createTokens } from '../../src/feeds/tradestation/tokens.js';
import { type Clock, type Ctx, systemClock } from '../../src/io/ctx.js';
import { memoryGate } from '../../src/io/gate.js';
import { type StreamOptions, type StreamReport, stream } from '../../src/jobs/stream.js';
import type { StreamTick } from '../../src/jobs/stream-tick.js';
import { gexChain, greekProfile, orderflow } from '../../src/server/schemas.js';
import {
  type RunningTradestation,
  startTradestation,
  type TradestationOptions,
} from '../../src/server/tradestation/start.js';
import { readGaps } from '../../src/stores/archive/gaps.js';
import { streamPath } from '../../src/stores/archive/path.js';
import { openStore, type Store } from '../../src/stores/sql/open.js';
import { CATEGORIES, type CategoryRow, categoryOf, type StreamKey, streamName } from '../../src/wire/catalogue.js';
import { tempFolder } from './folder.js';

const quiet = (): void => {};

/** A stand-in whose market runs fast, a data folder, and `gex stream` in that market's time. */
interface StreamWorld {
  readonly server: RunningTradestation;
  /** How the API is reached. */
  readonly rest: FollowOptions;
  /** The market's time: it stands still while the stand-in is paused. */
  readonly clock: Clock;
  readonly root: string;
  readonly store: Store;
  /** Log lines of `warn` and `error`. */
  readonly lines: string[];
  /** Those of `info`. */
  readonly infos: string[];
  readonly ticks: StreamTick[];
  /** Resolves when so many streams are open and have said all they had: each has been silent for two heartbeats. */
  settled(streams: number): Promise<void>;
  /** Runs the job until it ends or `until` says so after a tick; then it is stopped as by a signal. */
  record(
    options?: Partial<StreamOptions>,
    until?: (tick: StreamTick) => boolean | Promise<boolean>,
  ): Promise<StreamReport | undefined>;
}

export async function streamWorld(
  options: Partial<TradestationOptions> & { readonly speed: number },
): Promise<StreamWorld> {
  const root = tempFolder();
  const lines: string[] = [];
  const line = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const infos: string[] = [];
  const info = (message: string): void => void infos.push(message);
  const log = { debug: quiet, info, warn: line('warn'), error: line('error') };
  const progress = { start: () => ({ advance: quiet, done: quiet }) };
  const base: Ctx = { clock: systemClock, signal: new AbortController().signal, log, progress };
  const server = await startTradestation(
    { port: 0, seed: 11, tickers: ['HEALTH'], limits: false, heartbeatMs: 100, ...options },
    { ...base, log: { ...log, info: quiet, warn: quiet } },
  );
  onTestFinished(() => server.close());
  const store = await openStore(join(root, 'gex.db'));
  onTestFinished(() => store.close());
  const clock = options.mode === 'paused' ? pausableClock(server) : marketClock(server.clock.state);
  const { clientId, clientSecret, refreshToken } = server.credentials;
  const tokens = createTokens({ clientId, clientSecret, refreshToken, signInUrl: server.url, folder: root });
  const rest = {
    ...onTheWall({ apiUrl: server.url, tokens, gateOf: () => memoryGate({ intervalMs: 0 }) }, clock),
    silenceMs: 1500,
  };
  const ticks: StreamTick[] = [];
  return {
    ...{ server, rest, clock, root, store, lines, infos, ticks },
    settled: (streams) => vi.waitFor(() => requireSilence(server, streams), { timeout: 20_000, interval: 100 }),
    record: async (more = {}, until = () => false) => {
      const abort = new AbortController();
      const stopped = new Error('stopped');
      const onTick = async (tick: StreamTick): Promise<void> => {
        ticks.push(tick);
        if (await until(tick)) abort.abort(stopped);
      };
      try {
        return await stream(
          {
            ...{ root, tickers: ['HEALTH'], expirations: 2, strikeDistance: 5, intervalMs: 60_000 },
            ...{ symbolsPerStream: 100, maxStreams: 9, ...more },
          },
          { rest, api: createApi(rest), store, onTick },
          { ...base, clock, signal: abort.signal },
        );
      } catch (error) {
        if (error !== stopped) throw error;
        return undefined;
      }
    },
  };
}

async function requireSilence({ url }: RunningTradestation, count: number): Promise<void> {
  const answer = await fetch(`${url}/__ctl/streams`);
  const { streams } = (await answer.json()) as { streams: { heartbeats: number }[] };
  if (streams.length !== count || streams.some(({ heartbeats }) => heartbeats < 2)) {
    throw new Error(`not ${count} streams that have settled: ${JSON.stringify(streams)}`);
  }
}

const LOOK_MS = 5;

/** The stand-in's own time: a market that begins paused goes on when the test lets it. */
function pausableClock({ clock }: RunningTradestation): Clock {
  return {
    now: () => Math.floor(clock.marketMs),
    sleep: async (ms, signal) => {
      const untilMs = clock.marketMs + ms;
      for (let leftMs = ms; leftMs > 0; leftMs = untilMs - clock.marketMs) {
        const { mode, speed } = clock.state;
        await systemClock.sleep(mode === 'running' ? leftMs / speed : LOOK_MS, signal);
      }
    },
  };
}

const SHAPES = { gex: gexChain.strict(), greek: greekProfile.strict(), orderflow: orderflow.strict() } as const;

/** The records of one category of a ticker-day; every line must have the category's shape and be later than the one before. */
export async function recordsOf<T extends { readonly timestamp: number }>(
  root: string,
  key: StreamKey,
): Promise<readonly T[]> {
  const lines = (await readFile(streamPath(root, key), 'utf8')).split('\n');
  if (lines.pop() !== '') throw new Error('the last line is cut');
  const { shape } = categoryOf(key.package, key.category) as CategoryRow;
  const records = lines.map((line) => SHAPES[shape].parse(JSON.parse(line)) as unknown as T);
  for (const [i, { timestamp }] of records.entries()) {
    const before = records[i - 1]?.timestamp ?? Number.NEGATIVE_INFINITY;
    if (timestamp <= before) throw new Error(`${streamName(key)}: ${timestamp} follows ${before}`);
  }
  return records;
}

/** Timestamps of every record file of a ticker-day, epoch ms; the records as `recordsOf` wants them. */
export async function recordTimesOf(root: string, date: string, ticker: string): Promise<number[][]> {
  const keys = CATEGORIES.map((row) => ({ date, ticker, package: row.package, category: row.category }));
  const files = await Promise.all(keys.map((key) => recordsOf(root, key)));
  return files.map((records) => records.map(({ timestamp }) => timestamp * 1000));
}

/** What every tick of a session from the open to `toMs` is: `record`, `gap`, or what is wrong with it. */
export async function accountOf(
  root: string,
  day: TradingDay,
  toMs: number,
  { ticker = 'HEALTH', intervalMs = 60_000 } = {},
) {
  const [records = []] = await recordTimesOf(root, day.date, ticker);
  const gaps = await readGaps(root, day.date, ticker);
  const wrong: string[] = [];
  for (let atMs = day.openMs; atMs < toMs; atMs += intervalMs) {
    const n = records.filter((ms) => ms === atMs).length;
    const m = gaps.filter(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs).length;
    if (n + m !== 1) wrong.push(`${new Date(atMs).toISOString()}: ${n} records, ${m} gaps`);
  }
  return { wrong, records, gaps };
}
