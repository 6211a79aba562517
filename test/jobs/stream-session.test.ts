import { expect, it, vi } from 'vitest';
import { newYorkInstant, type TradingDay, tradingDay } from '../../src/core/calendar.js';
import { accountOf, streamWorld } from '../helpers/stream-world.js';

const MINUTE_MS = 60_000;
const PATIENCE = { timeout: 20_000 };

it.each([
  ['2026-03-06', '2026-03-09', '13:30'], // clocks go forward on the Sunday between
  ['2025-10-31', '2025-11-03', '14:30'], // and back
])('waits from %s for the open of %s, at %s UTC, and for its first quotes', async (friday, monday, open) => {
  const day = tradingDay(monday) as TradingDay;
  const world = await streamWorld({ speed: 60, mode: 'paused', startMs: newYorkInstant(friday, 17, 0) });
  const { server, infos, ticks } = world;
  const session = world.record({ maxTicks: 3 });
  const waiting = `the market is closed; the session of ${monday} begins at ${monday}T${open}:00.000Z`;
  await vi.waitFor(() => expect(infos).toEqual([waiting]), PATIENCE);
  server.clock.set(day.openMs - 4 * MINUTE_MS);
  await world.settled(2);
  server.clock.set(day.openMs);
  await vi.waitFor(() => expect(ticks).toHaveLength(1), PATIENCE);
  server.clock.run(60);
  await session;
  expect(ticks.map(({ atMs }) => atMs - day.openMs)).toEqual([0, MINUTE_MS, 2 * MINUTE_MS]);
  expect(ticks.map(({ missing }) => missing)).toEqual(['no quote of an option since the open', undefined, undefined]);
  const { wrong, gaps } = await accountOf(world.root, day, day.openMs + 3 * MINUTE_MS);
  expect([wrong, gaps.length, world.lines]).toEqual([[], 1, []]);
});
