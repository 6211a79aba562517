import { expect, it } from 'vitest';
import { newYorkInstant, type TradingDay, tradingDay } from '../../src/core/calendar.js';
import { synthTicker } from '../../src/core/synth/tickers.js';
import { createGapFiller } from '../../src/jobs/stream-bars.js';
import { readGaps } from '../../src/stores/archive/gaps.js';
import { quietCtx } from '../helpers/ctx.js';
import { streamWorld } from '../helpers/stream-world.js';

const DATE = '2025-12-19';
const day = tradingDay(DATE) as TradingDay;
const SPX = synthTicker('SPX');

async function fill(fromMs: number, toMs: number) {
  const world = await streamWorld({
    ...{ speed: 1, mode: 'paused', tickers: ['SPX'], startMs: newYorkInstant(DATE, 10, 0) },
  });
  const filler = createGapFiller(
    { root: world.root, ticker: 'SPX', date: DATE, barSymbol: '$SPX.X' },
    { rest: world.rest, bars: world.store.bars },
    { ...quietCtx(), clock: world.clock },
  );
  filler.fill({ fromMs, toMs, reason: 'a test' });
  await filler.settled();
  const planted = world.server.market.minuteBars(SPX, day, 'regular', world.clock.now());
  return {
    gaps: await readGaps(world.root, DATE, 'SPX'),
    bars: await world.store.bars.between('SPX', '1m', 0, Number.MAX_SAFE_INTEGER, 100),
    planted: planted.filter(({ startMs }) => startMs >= fromMs && startMs < toMs),
    phantom: world.server.market.previousClose(SPX, DATE),
  };
}

it("puts an index's phantom opening right where a gap holds it, and takes no minute besides", async () => {
  const { gaps, bars, planted, phantom } = await fill(day.openMs, day.openMs + 5 * 60_000);
  expect(gaps).toMatchObject([{ filled: 'bars' }]);
  const [first, ...rest] = bars;
  const [opening, ...later] = planted;
  expect(opening?.close).not.toBeCloseTo(phantom, 2);
  expect(first).toMatchObject({ startMs: day.openMs, open: opening?.close, close: opening?.close, source: 'vendor' });
  expect(first?.openInterest).toBeNaN();
  expect([first?.high, first?.low]).not.toContainEqual(expect.closeTo(phantom, 2));
  expect(rest.map(({ startMs, open, close }) => [startMs, open, close])).toEqual(
    later.map(({ startMs, open, close }) => [startMs, open, close]),
  );
});

it('leaves the minutes of a later gap as they are', async () => {
  const { bars, planted } = await fill(day.openMs + 60_000, day.openMs + 3 * 60_000);
  expect(bars.map(({ startMs, open, high }) => [startMs, open, high])).toEqual(
    planted.map(({ startMs, open, high }) => [startMs, open, high]),
  );
  expect(bars).toHaveLength(2);
});
