import { expect, it } from 'vitest';
import { type TradingDay, tradingDay } from '../../src/core/calendar.js';
import { synthTicker } from '../../src/core/synth/tickers.js';
import { gex } from '../helpers/gex.js';
import { accountOf, streamWorld } from '../helpers/stream-world.js';

const MINUTE_MS = 60_000;
const DATE = '2025-11-28'; // a half day
const day = tradingDay(DATE) as TradingDay;

/** What of a gap both reports of the archive print. */
interface PrintedGap {
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: string;
  readonly filled?: string;
}

it('tells of an outage of half an hour as a gap, fetches its bars, and the archive shows it', async () => {
  const intervalMs = 2 * MINUTE_MS;
  const world = await streamWorld({ speed: 600, startMs: day.closeMs - 90 * MINUTE_MS });
  let outageMs = Number.NaN;
  await world.record({ intervalMs }, ({ atMs, missing }) => {
    if (Number.isNaN(outageMs) && missing === undefined && world.ticks.length > 3) {
      outageMs = atMs;
      world.server.setFaults([{ path: '/v3/*', status: 503, closeAfterMs: 0 }]);
    }
    if (atMs >= outageMs + 30 * MINUTE_MS) world.server.setFaults([]);
    return false;
  });
  const { wrong, records, gaps } = await accountOf(world.root, day, day.closeMs, { intervalMs });
  expect(wrong).toEqual([]);
  expect(records.at(-1)).toBeGreaterThan(outageMs + 30 * MINUTE_MS);
  const outage = gaps.find(({ reason }) => reason.includes('answered 503'));
  expect(outage?.fromMs).toBeLessThanOrEqual(outageMs + 2 * intervalMs);
  expect(outage?.toMs).toBeGreaterThanOrEqual(outageMs + 30 * MINUTE_MS);
  expect(outage?.filled).toBe('bars');
  expect(world.lines.filter((line) => line.length > 250)).toEqual([]); // addresses hold all symbols of a stream
  expect(world.lines.some((line) => line.startsWith('error TradeStation'))).toBe(true);

  const { fromMs = Number.NaN, toMs = Number.NaN } = outage ?? {};
  const bars = await world.store.bars.between('HEALTH', '1m', fromMs, toMs, 1000);
  const planted = world.server.market.minuteBars(synthTicker('HEALTH'), day, 'regular', day.closeMs);
  expect(bars.map(({ startMs, open, high, low, close }) => [startMs, open, high, low, close])).toEqual(
    planted
      .filter(({ startMs }) => startMs >= fromMs && startMs < toMs)
      .map(({ startMs, open, high, low, close }) => [startMs, open, high, low, close]),
  );

  const span = ['--data-dir', world.root, '--from', DATE, '--to', DATE, '--tickers', 'HEALTH', '--json'];
  const [list, audit] = await Promise.all([gex(['archive', 'list', ...span]), gex(['archive', 'audit', ...span])]);
  expect([list.code, audit.code]).toEqual([0, 0]);
  const listed: { days: { gaps: PrintedGap[] }[] } = JSON.parse(list.stdout);
  const audited: { gaps: PrintedGap[] } = JSON.parse(audit.stdout);
  expect(listed.days.map((one) => one.gaps)).toEqual([gaps]);
  expect(audited.gaps).toEqual(gaps.map((gap) => ({ date: DATE, ticker: 'HEALTH', ...gap })));
}, 60_000);
