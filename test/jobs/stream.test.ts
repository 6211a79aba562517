import { expect, it } from 'vitest';
import { newYorkInstant, type TradingDay, tradingDay } from '../../src/core/calendar.js';
import { randomStream } from '../../src/core/random.js';
import type { TradestationFault } from '../../src/server/tradestation/faults.js';
import { accountOf, recordTimesOf, streamWorld } from '../helpers/stream-world.js';

const dayOf = (date: string): TradingDay => tradingDay(date) as TradingDay;

it('records a half day from before its open to its close: every tick, each once, without an alarm', async () => {
  const day = dayOf('2025-11-28');
  const world = await streamWorld({ speed: 900, startMs: day.openMs - 4 * 60_000 });
  const intervalMs = 5 * 60_000;
  const report = await world.record({ intervalMs });
  expect(day.closeMs).toBe(newYorkInstant('2025-11-28', 13, 0));
  const { wrong, records, gaps } = await accountOf(world.root, day, day.closeMs, { intervalMs });
  expect(wrong).toEqual([]);
  expect(records.length).toBeGreaterThan(0.7 * 42);
  expect(report).toMatchObject({ date: '2025-11-28', tickers: [{ ticker: 'HEALTH', records: records.length }] });
  expect(world.lines.filter((line) => line.includes('no data for'))).toEqual([]);
  for (const times of await recordTimesOf(world.root, day.date, 'HEALTH')) expect(times).toEqual(records);
  const rows = await world.store.ledger.list({ from: day.date, to: day.date });
  expect(rows.map(({ state, source, rows: n }) => [state, source, n])).toEqual(
    Array.from({ length: 15 }, () => ['held', 'stream', records.length]),
  );
  expect(gaps.every(({ filled }) => filled === 'bars')).toBe(true);
}, 60_000);

it('goes on behind the last record after a restart, with one gap for the time between', async () => {
  const day = dayOf('2026-03-09'); // the Monday after clocks went forward
  expect(day.openMs).toBe(Date.UTC(2026, 2, 9, 13, 30));
  const world = await streamWorld({ speed: 300, startMs: day.openMs + 20 * 60_000 });
  let recorded = 0;
  await world.record({}, ({ missing }) => missing === undefined && ++recorded === 3);
  const stoppedMs = world.ticks.at(-1)?.atMs ?? Number.NaN;
  await world.clock.sleep(5 * 60_000);
  const report = await world.record({ maxTicks: 10 });
  expect(report?.tickers[0]?.records).toBeGreaterThan(0);
  const lastMs = world.ticks.at(-1)?.atMs ?? Number.NaN;
  const { wrong, gaps } = await accountOf(world.root, day, lastMs + 60_000);
  expect(wrong).toEqual([]);
  expect(gaps[0]).toMatchObject({ fromMs: day.openMs, reason: expect.stringContaining('gex stream was not running') });
  expect(gaps.some(({ fromMs }) => fromMs === stoppedMs + 60_000)).toBe(true);
  expect((await world.store.runs.latest(5, 'stream')).map(({ status }) => status)).toEqual(['done', 'interrupted']);
}, 60_000);

const FAULTS: readonly TradestationFault[] = [
  { closeAfterMs: 0 },
  { closeAfterMs: 0, closeWith: 'fin' },
  { openThenClose: 50 },
  { goAway: 'status' },
  { goAway: 'error' },
  { internalError: true },
  { badRequest: true },
  { silent: true },
  { status: 500 },
  { status: 502 },
  { status: 404 },
  { garbageLine: true },
  { noNewline: true },
  { dualLogon: true },
];

it('accounts for every tick of a session through 50 faults of the upstream', async () => {
  const day = dayOf('2025-12-17');
  const world = await streamWorld({ speed: 900, startMs: day.openMs + 60_000 });
  const random = randomStream(50, 'faults');
  let faults = 0;
  const inject = (): void => {
    if (faults === 50) return;
    const fault = FAULTS[Math.floor(random.uniform() * FAULTS.length)] as TradestationFault;
    world.server.setFaults([
      { ...fault, path: '/v3/marketdata/stream/*', count: 1 + Math.floor(random.uniform() * 2) },
    ]);
    faults += 1;
  };
  await world.record({}, (tick) => {
    if (tick.missing === undefined && tick.atMs < day.closeMs - 30 * 60_000) inject();
    return false;
  });
  const { wrong, records, gaps } = await accountOf(world.root, day, day.closeMs);
  expect(wrong).toEqual([]);
  expect(faults).toBe(50);
  expect(records.length).toBeGreaterThanOrEqual(50);
  expect(gaps.length).toBeGreaterThan(5);
}, 120_000);

it('refuses more contracts than streams can carry, with what would fit', async () => {
  const world = await streamWorld({ speed: 1, startMs: newYorkInstant('2025-12-17', 10, 0) });
  const tooMany = world.record({ strikeDistance: 50, expirations: 5, maxStreams: 2, symbolsPerStream: 20 });
  await expect(tooMany).rejects.toMatchObject({
    kind: 'usage',
    message: expect.stringMatching(/are \d+ contracts, 1 streams of 20 symbols carry 20; lower --strike-distance/),
  });
});

it('leaves refused symbols out, says so once, and goes on with the others', async () => {
  const world = await streamWorld({ speed: 60, startMs: newYorkInstant('2025-12-17', 10, 0) });
  world.server.setFaults([
    { path: '/v3/marketdata/stream/*', invalidSymbol: ['HEALTH 251219C180', 'HEALTH 251219P180'] },
  ]);
  await world.record({ maxTicks: 6, strikeDistance: 8 });
  expect(world.ticks.at(-1)).toMatchObject({ refused: 2 });
  expect(world.ticks.at(-1)?.missing).toBeUndefined();
  expect(world.lines.filter((line) => line.includes('refused'))).toHaveLength(1);
}, 30_000);
