import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test, vi } from 'vitest';
import { newYorkInstant } from '../../src/core/calendar.js';
import type { Ctx } from '../../src/io/ctx.js';
import { type LiveSynthOptions, startLiveSynth } from '../../src/jobs/live-synth.js';
import { playAfter, playNow } from '../../src/jobs/live-synth-play.js';
import { synth } from '../../src/jobs/synth.js';
import { startServer } from '../../src/server/start.js';
import { listStreams } from '../../src/stores/archive/days.js';
import { relativeStreamPath } from '../../src/stores/archive/path.js';
import { openStore } from '../../src/stores/sql/open.js';
import { tempFolder } from '../helpers/folder.js';
import { VirtualClock } from '../helpers/virtual-clock.js';
import { DEFAULTS, recordingCtx } from '../server/fixture.js';
import { connectTo } from '../server/sockets/clients.js';
import { decodeAny, numberAt } from '../server/sockets/decoder.js';

const MINUTE = 60_000;
const SETTINGS = {
  tickers: ['SPY'],
  seed: 7,
  model: 'gbm',
  speed: 1,
  intervalMs: 10 * MINUTE,
  exposureIntervalMs: 60 * MINUTE,
} as const;

/** Sessions are priced contract by contract: seconds of work where the machine has other things to do. */
vi.setConfig({ testTimeout: 120_000 });

async function play(root: string, ctx: Ctx, options: Partial<LiveSynthOptions> = {}) {
  const openPort = { openStore: () => openStore(join(root, 'gex.db')) };
  const market = await startLiveSynth({ ...SETTINGS, root, ...options }, openPort, ctx);
  onTestFinished(() => market.close());
  return market;
}

/** Every record file of a day as text. */
async function textsOf(root: string, date: string): Promise<Record<string, string>> {
  const keys = await listStreams(root, date);
  const paths = keys.map(relativeStreamPath);
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

/** What `gex synth` makes of the session with the same seed. */
async function synthesised(date: string, tickers: readonly string[]): Promise<Record<string, string>> {
  const root = tempFolder();
  const { ctx } = recordingCtx();
  await synth({ ...SETTINGS, root, date, tickers, force: false }, { openStore: () => openStore(':memory:') }, ctx);
  return textsOf(root, date);
}

const at = (date: string, hour: number, minute = 0): number => newYorkInstant(date, hour, minute);
const linesIn = (texts: Record<string, string>): Set<number> =>
  new Set(Object.values(texts).map((text) => text.split('\n').length - 1));

test.each([
  ['on a Saturday, Friday plays from now', at('2026-04-25', 12), 1, '2026-04-24', true, at('2026-04-25', 12)],
  ['in a session, it plays in its own time', at('2026-04-24', 11), 1, '2026-04-24', false, at('2026-04-24', 9, 30)],
  ['in a session and faster, the last one plays', at('2026-04-24', 11), 10, '2026-04-23', true, at('2026-04-24', 11)],
  ['after the close, today plays again', at('2026-04-24', 16), 1, '2026-04-24', true, at('2026-04-24', 16)],
  ['in the morning, yesterday plays', at('2026-04-24', 9), 1, '2026-04-23', true, at('2026-04-24', 9)],
])('%s', (_, nowMs, speed, date, again, openDueMs) => {
  const { day, dueMs, ...rest } = playNow(nowMs, speed);
  expect([day.date, rest.again, dueMs(day.openMs)]).toEqual([date, again, openDueMs]);
  expect(dueMs(day.openMs + 60_000) - openDueMs).toBe(60_000 / speed);
});

test('what plays next is the session under way, unless it was played, or the one to come', () => {
  const next = (date: string, nowMs: number): string => playAfter(date, nowMs).day.date;
  expect(next('2026-04-23', at('2026-04-24', 11))).toBe('2026-04-24');
  expect(next('2026-04-24', at('2026-04-24', 15, 59))).toBe('2026-04-27');
  expect(next('2026-04-24', at('2026-04-25', 3))).toBe('2026-04-27');
});

test('a whole session that plays has the very bytes gex synth makes, here a futures view', async () => {
  const clock = new VirtualClock(at('2026-04-25', 12));
  const root = tempFolder();
  const tickers = ['NQ_NDX'];
  const { again, date } = await play(root, recordingCtx(clock).ctx, { tickers });
  expect([again, date]).toEqual([true, '2026-04-24']);
  for (let minutes = 0; minutes < 390; minutes += 10) await clock.pass(10 * MINUTE);
  const played = await textsOf(root, date);
  expect(Object.keys(played)).toHaveLength(15);
  expect(played).toEqual(await synthesised(date, tickers));
});

test('a session in its own time is made up to now at once, and goes on behind what was there after a restart', async () => {
  const clock = new VirtualClock(at('2026-04-24', 12, 5));
  const { ctx } = recordingCtx(clock);
  const root = tempFolder();
  const first = await play(root, ctx);
  await clock.asleep(1);
  expect(linesIn(await textsOf(root, '2026-04-24'))).toEqual(new Set([16]));
  await clock.pass(5 * MINUTE);
  await first.close();
  expect(linesIn(await textsOf(root, '2026-04-24'))).toEqual(new Set([17]));
  await clock.pass(30 * MINUTE);

  const second = await play(root, ctx);
  await clock.asleep(1);
  while (clock.now() < at('2026-04-24', 16)) await clock.pass(5 * MINUTE);
  await second.close();
  expect(await textsOf(root, '2026-04-24')).toEqual(await synthesised('2026-04-24', ['SPY']));
});

test('a session that plays again replaces what was played of it', async () => {
  const clock = new VirtualClock(at('2026-04-25', 12));
  const root = tempFolder();
  const { ctx } = recordingCtx(clock);
  const first = await play(root, ctx);
  for (let i = 0; i < 3; i++) await clock.pass(10 * MINUTE);
  await first.close();
  await play(root, ctx);
  expect(linesIn(await textsOf(root, '2026-04-24'))).toEqual(new Set([1]));
});

test('at another speed it ends with the session', async () => {
  const clock = new VirtualClock(at('2026-04-25', 12));
  const root = tempFolder();
  const { ended } = await play(root, recordingCtx(clock).ctx, { speed: 60 });
  for (let i = 0; i < 38; i++) await Promise.race([clock.pass(10_000), ended]);
  await ended;
  expect(linesIn(await textsOf(root, '2026-04-24'))).toEqual(new Set([39]));
});

test('the time of the session that plays goes on until the next one has a record', async () => {
  const clock = new VirtualClock(at('2026-04-25', 12));
  const { ctx } = recordingCtx(clock);
  const faster = await play(tempFolder(), ctx, { speed: 60 });
  const market = await play(tempFolder(), ctx, { intervalMs: 60 * MINUTE });
  expect([faster.sessionNow(), market.sessionNow()]).toEqual(Array(2).fill(at('2026-04-24', 9, 30)));
  await clock.pass(10_000);
  expect(faster.sessionNow()).toBe(at('2026-04-24', 9, 40));
  await faster.close();
  expect(market.sessionNow()).toBe(at('2026-04-24', 9, 30) + 10_000);
  while (clock.now() < at('2026-04-27', 9)) await clock.pass(30 * MINUTE);
  expect(clock.now() - market.sessionNow()).toBeGreaterThan(24 * 60 * MINUTE);
  await clock.pass(30 * MINUTE);
  await expect.poll(() => market.sessionNow()).toBe(clock.now());
});

test('two processes cannot play into one folder, and an unknown ticker leaves nothing behind', async () => {
  const { ctx } = recordingCtx(new VirtualClock(at('2026-04-25', 12)));
  const root = tempFolder();
  await expect(play(root, ctx, { tickers: ['NONE'] })).rejects.toMatchObject({ kind: 'missing' });
  expect(readdirSync(root)).toEqual([]);
  await play(root, ctx);
  await expect(play(root, ctx)).rejects.toMatchObject({ kind: 'usage', message: expect.stringContaining('Another') });
});

const collect = (() => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

test('a day and a night of clients and sessions: each record once, the day changes, memory and handles stay', async () => {
  const clock = new VirtualClock(at('2026-04-23', 17));
  const { ctx, lines } = recordingCtx(clock);
  const root = tempFolder();
  await play(root, ctx);
  const sockets = { intervalMs: 1000, prefix: 'blue', groupLimit: 150, tokenLifetimeMs: 900_000, maxClients: 10 };
  const server = await startServer({ ...DEFAULTS, root, live: true, sockets }, ctx);
  onTestFinished(() => server.close());
  const urls = await (await fetch(`${server.url}/negotiate?key=me`)).json();
  const client = await connectTo((urls as { websocket_urls: { classic: string } }).websocket_urls.classic);
  client.send({ type: 'joinGroup', group: 'blue_SPY_classic_gex_full', ackId: 1 });
  const seen: number[] = [];
  const receiving = (async () => {
    for (;;) {
      const { data } = await client.next('message');
      if (data.type === 'binary') seen.push(numberAt(decodeAny(data.bytes).record, 1) * 1000);
    }
  })();
  receiving.catch(() => undefined);
  const measure = (): { readonly heap: number; readonly handles: number } => {
    collect();
    return { heap: process.memoryUsage().heapUsed, handles: readdirSync('/proc/self/fd').length };
  };
  const measures: Record<string, ReturnType<typeof measure>> = {};
  const answers: Record<string, string> = {};
  for (let minute = 1; minute <= 24 * 60; minute++) {
    await clock.pass(20_000);
    await clock.pass(20_000);
    await clock.pass(20_000);
    if (minute === 3 * 60 || minute === 19 * 60 || minute === 24 * 60) {
      await expect.poll(async () => (await fetch(`${server.url}/SPY/classic/full?key=me`)).status).toBe(200);
      answers[minute / 60] = (await (await fetch(`${server.url}/health`)).json()) as string;
      measures[minute / 60] = measure();
    }
  }
  const instants = (date: string) => Array.from({ length: 39 }, (_, i) => at(date, 9, 30) + i * 10 * MINUTE);
  await expect.poll(() => seen).toEqual([...instants('2026-04-23'), ...instants('2026-04-24')]);
  expect(answers[3]).toMatchObject({ data_date: '2026-04-23' });
  expect(answers[24]).toMatchObject({ data_date: '2026-04-24', live: { tickers: [{ ticker: 'SPY', records: 39 }] } });
  expect(lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
  const [evening, noon] = [measures[3], measures[19]];
  expect(noon?.handles).toBeLessThanOrEqual((evening?.handles ?? 0) + 3);
  expect(noon?.heap).toBeLessThan((evening?.heap ?? 0) + 8e6);
});
