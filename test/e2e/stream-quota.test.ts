import { expect, it } from 'vitest';
import { newYorkInstant, type TradingDay, tradingDay } from '../../src/core/calendar.js';
import type { TradestationFault } from '../../src/server/tradestation/faults.js';
import { readGaps } from '../../src/stores/archive/gaps.js';
import { ended } from '../helpers/gex.js';
import { streamProcess } from '../helpers/stream-process.js';
import { accountOf } from '../helpers/stream-world.js';

const DATE = '2025-12-17';
const day = tradingDay(DATE) as TradingDay;
const HOLD_MS = 20_000;

const usedUp = (path: string, resource: string): TradestationFault => ({
  ...{ path, status: 429, rateHeaders: { limit: 500, remaining: 0, reset: HOLD_MS / 1000, resource } },
});

/** `gex stream` of one underlying ten minutes after the open, and what the stand-in was asked for. */
async function recorder() {
  const process = await streamProcess(
    { speed: 10, startMs: newYorkInstant(DATE, 9, 40) },
    { args: ['--underlying', 'HEALTH', '--expirations', '2', '--strike-distance', '5'] },
  );
  const asked = (part: string) => process.server.requests().filter(({ url }) => url.includes(part));
  const recorded = () => process.ticks.filter((tick) => tick.recorded);
  return { ...process, asked, recorded };
}

/** No bars are asked for; recording goes on, a lost stream is opened anew. */
async function withoutBars(): Promise<void> {
  const { server, child, root, asked, recorded, until } = await recorder();
  server.setFaults([{ ...usedUp('/v3/marketdata/barcharts/*', 'barcharts'), count: 1 }]);
  await until(() => asked('/barcharts/').length === 1 && recorded().length > 2);
  const [before, opened] = [recorded().length, asked('/stream/').length];
  server.setFaults([{ path: '*/stream/*', closeAfterMs: 0, count: 2 }]);
  await until(() => asked('/barcharts/').length > 1);
  const [refused, answered] = asked('/barcharts/');
  expect([refused?.status, answered?.status]).toEqual([429, 200]);
  expect((answered?.wallMs ?? 0) - (refused?.wallMs ?? 0)).toBeGreaterThanOrEqual(HOLD_MS);
  expect(asked('/stream/').length).toBe(opened + 2);
  expect(recorded().length).toBeGreaterThan(before + 10);
  const filled = recorded().length + 2;
  await until(() => recorded().length > filled);
  child.kill('SIGTERM');
  expect((await ended(child)).code).toBe(0);
  const [late] = await readGaps(root, DATE, 'HEALTH');
  expect(late).toMatchObject({ fromMs: day.openMs, filled: 'bars' });
}

/** No stream is opened; the gap is written, and its bars are asked for. */
async function withoutStreams(): Promise<void> {
  const { server, child, root, ticks, asked, recorded, until } = await recorder();
  await until(() => recorded().length > 2);
  const options = '*/stream/quotes/HEALTH%20*';
  // The open stream takes one of the two refusals without effect.
  server.setFaults([
    { path: options, closeAfterMs: 0, count: 1 },
    { ...usedUp(options, 'quote-change-stream'), count: 2 },
  ]);
  const streams = asked('/stream/').length;
  await until(() => asked('/stream/').length === streams + 2);
  const [refused, answered] = asked('/stream/').slice(-2);
  expect(refused?.status).toBe(429);
  expect((answered?.wallMs ?? 0) - (refused?.wallMs ?? 0)).toBeGreaterThanOrEqual(HOLD_MS);
  const held = ticks.filter(({ missing }) => missing?.includes('the quota is used up'));
  expect(held.length).toBeGreaterThan(10);
  const bars = asked('/barcharts/').length;
  await until(() => asked('/barcharts/').length > bars && ticks.at(-1)?.recorded === true);
  const more = recorded().length + 2;
  await until(() => recorded().length > more);
  child.kill('SIGTERM');
  expect((await ended(child)).code).toBe(0);
  const lastMs = Date.parse(ticks.at(-1)?.at ?? '');
  const { wrong, gaps } = await accountOf(root, day, lastMs + 5000, { intervalMs: 5000 });
  expect(wrong).toEqual([]);
  const gap = gaps.find(({ reason }) => reason.includes('the quota is used up'));
  expect((gap?.toMs ?? 0) - (gap?.fromMs ?? 0)).toBeGreaterThanOrEqual(10 * HOLD_MS - 5000);
  expect(gap?.filled).toBe('bars');
}

it('holds back for its 20 s what a 429 is about, bars or streams, and nothing else', async () => {
  await Promise.all([withoutBars(), withoutStreams()]);
}, 60_000);
