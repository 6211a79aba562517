import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { newYorkInstant, tradingDay } from '../../src/core/calendar.js';
import { GexError } from '../../src/errors.js';
import type { Ctx } from '../../src/io/ctx.js';
import { backfill } from '../../src/jobs/backfill.js';
import { type BackfillOptions, estimateBackfill, planBackfill } from '../../src/jobs/backfill-plan.js';
import { openStore, type Store } from '../../src/stores/sql/open.js';
import { type FakeMarket, fakeMarket, priceAt } from '../helpers/bar-market.js';
import { tempFolder } from '../helpers/folder.js';

const MINUTE_MS = 60_000;
const BARS_ONLY: BackfillOptions = {
  ...{ underlying: 'SPY', lookbackDays: 1, interval: 5, unit: 'Minute' },
  ...{ expirations: 0, strikeDistance: 2, sampleEvery: 1 },
};

function contextAt(nowMs: number, signal = new AbortController().signal): Ctx {
  const quiet = (): void => {};
  return {
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    clock: { now: () => nowMs, sleep: async () => {} },
    signal,
    progress: { start: () => ({ advance: quiet, done: quiet }) },
  };
}

async function newStore(): Promise<Store> {
  const store = await openStore(join(tempFolder(), 'gex.db'));
  onTestFinished(() => store.close());
  return store;
}

interface Setup {
  readonly store: Store;
  readonly market: FakeMarket;
  readonly nowMs: number;
  readonly options?: Partial<BackfillOptions>;
}

const run = ({ store, market, nowMs, options = {} }: Setup) =>
  backfill({ ...BARS_ONLY, ...options }, { store, market }, contextAt(nowMs));

const at = (date: string, hour: number, minute = 0): number => newYorkInstant(date, hour, minute);
const barsOf = (store: Store, ticker: string, timeframe: string) =>
  store.bars.between(ticker, timeframe, 0, Number.MAX_SAFE_INTEGER, 1e6);

test('bars begin an interval before their stamp, and the sessions follow the calendar over a holiday and a half day', async () => {
  const [store, market] = [await newStore(), fakeMarket()];
  // Thanksgiving is the 27th, the 28th closes at 13:00, the 29th and 30th are a weekend.
  const report = await run({ store, market, nowMs: at('2025-11-30', 12), options: { lookbackDays: 4 } });
  expect(report.spans).toEqual([
    { date: '2025-11-26', state: 'fetched', bars: 78 },
    { date: '2025-11-28', state: 'fetched', bars: 42 },
  ]);
  expect(market.queries).toHaveLength(1);
  const bars = await barsOf(store, 'SPY', '5m');
  expect(bars[0]).toMatchObject({ startMs: at('2025-11-26', 9, 30), open: priceAt(at('2025-11-26', 9, 30)) });
  expect(bars[0]).toMatchObject({
    close: priceAt(at('2025-11-26', 9, 35)),
    source: 'vendor',
    openInterest: Number.NaN,
  });
  expect(bars.at(-1)?.startMs).toBe(at('2025-11-28', 12, 55));
});

test('a window without a session asks nothing', async () => {
  const [store, market] = [await newStore(), fakeMarket({ listed: ['2025-12-17'], strikes: [600] })];
  const report = await run({ store, market, nowMs: at('2025-12-14', 12), options: { expirations: 3 } });
  expect(report).toMatchObject({ from: '2025-12-13', to: '2025-12-14', spans: [], requests: 0, failures: [] });
  expect(market.calls()).toBe(0);
});

test('the open moves by an hour of UTC where the clocks change', async () => {
  const [store, market] = [await newStore(), fakeMarket()];
  const options = { lookbackDays: 4, interval: 1 };
  const report = await run({ store, market, nowMs: at('2026-03-09', 20), options });
  expect(report.spans.map(({ date, bars }) => [date, bars])).toEqual([
    ['2026-03-05', 390],
    ['2026-03-06', 390],
    ['2026-03-09', 390],
  ]);
  const starts = (await barsOf(store, 'SPY', '1m')).map(({ startMs }) => new Date(startMs).toISOString());
  expect(starts).toContain('2026-03-06T14:30:00.000Z');
  expect(starts).not.toContain('2026-03-09T20:00:00.000Z');
  expect(starts).toContain('2026-03-09T13:30:00.000Z');
});

test('months of minutes take requests below the limit of one, and a second run fetches nothing', async () => {
  const [store, market] = [await newStore(), fakeMarket()];
  const setup = { store, market, nowMs: at('2025-12-17', 20), options: { lookbackDays: 120, interval: 1 } };
  const plan = await planBackfill({ ...BARS_ONLY, ...setup.options }, undefined, setup.nowMs);
  const report = await run(setup);
  expect(report.spans.every(({ state }) => state === 'fetched')).toBe(true);
  expect(report.spans).toHaveLength(85);
  expect(market.queries).toHaveLength(estimateBackfill(plan, BARS_ONLY).barRequests);
  expect(market.queries.length).toBe(3);
  for (const { fromMs, toMs } of market.queries) expect((toMs - fromMs) / MINUTE_MS).toBeLessThanOrEqual(57_500);
  const again = await run(setup);
  expect(again.spans.every(({ state }) => state === 'held')).toBe(true);
  expect(again.requests).toBe(0);
  expect(await store.bars.count('SPY', '1m', 0, Number.MAX_SAFE_INTEGER)).toBe(report.written.bars);
});

test('a session in progress gets its bars so far, and the rest when it is over', async () => {
  const [store, market] = [await newStore(), fakeMarket()];
  const early = await run({ store, market, nowMs: at('2025-12-17', 10, 2) });
  expect(early.spans.map(({ state, bars }) => [state, bars])).toEqual([
    ['fetched', 78],
    ['running', 6],
  ]);
  const late = await run({ store, market, nowMs: at('2025-12-17', 16, 1) });
  expect(late.spans.map(({ state, bars }) => [state, bars])).toEqual([
    ['held', 78],
    ['fetched', 78],
  ]);
  expect(market.queries.at(-1)?.fromMs).toBe(at('2025-12-17', 9, 30));
});

test('bars that somebody removed are fetched again', async () => {
  const [store, market] = [await newStore(), fakeMarket()];
  const setup = { store, market, nowMs: at('2025-12-17', 20), options: { lookbackDays: 2 } };
  await run(setup);
  await store.clear('SPY', at('2025-12-16', 12), at('2025-12-16', 13));
  const report = await run(setup);
  expect(report.spans.map(({ state, bars }) => [state, bars])).toEqual([
    ['held', 78],
    ['fetched', 78],
    ['held', 78],
  ]);
});

test('a session without bars is said, asked for again for a day, and then believed', async () => {
  const [store, market] = [await newStore(), fakeMarket()];
  market.silent.add('2025-12-16');
  const options = { lookbackDays: 3 };
  const stateAfter = async (nowMs: number) => {
    const { spans } = await run({ store, market, nowMs, options });
    return spans.find(({ date }) => date === '2025-12-16')?.state;
  };
  expect(await stateAfter(at('2025-12-16', 17))).toBe('empty');
  expect(await stateAfter(at('2025-12-17', 17))).toBe('empty');
  expect(await stateAfter(at('2025-12-18', 17))).toBe('held');
});

test('the phantom opening of an index is put right by its first real print, whatever the interval', async () => {
  const [store, market] = [await newStore(), fakeMarket({ phantom: true, level: 6800 })];
  const options = { underlying: 'SPX', lookbackDays: 2 };
  const report = await run({ store, market, nowMs: at('2025-12-17', 20), options });
  const openMs = at('2025-12-17', 9, 30);
  const prices = [1, 2, 3, 4, 5].map((minute) => priceAt(openMs + minute * MINUTE_MS, 6800));
  const [bar] = await store.bars.between('SPX', '5m', openMs, openMs + 1, 1);
  expect(bar).toMatchObject({ open: prices[0], close: prices[4] });
  expect(bar?.high).toBe(Math.max(...prices, priceAt(openMs, 6800)));
  expect(report.repaired).toContainEqual({
    ...{ date: '2025-12-17', open: prices[0] },
    phantom: priceAt(at('2025-12-16', 16), 6800),
  });
  expect(report.repaired).toHaveLength(3);
  expect(report.spans.every(({ bars }) => bars === 78)).toBe(true);
  expect(market.queries.every(({ interval, symbol }) => interval === 1 && symbol === '$SPX.X')).toBe(true);
});

test('an index that opens elsewhere than it closed stays as it is', async () => {
  const [store, market] = [await newStore(), fakeMarket({ level: 6800 })];
  const report = await run({ store, market, nowMs: at('2025-12-17', 20), options: { underlying: 'SPX' } });
  expect(report.repaired).toEqual([]);
  const openMs = at('2025-12-17', 9, 30);
  const [bar] = await store.bars.between('SPX', '5m', openMs, openMs + 1, 1);
  expect(bar?.open).toBe(priceAt(openMs, 6800));
});

test.each([
  ['Daily', 10, '1d', ['2025-12-29', '2025-12-30', '2025-12-31', '2026-01-02']],
  ['Weekly', 10, '1w', ['2025-12-22', '2025-12-29']],
  ['Monthly', 40, '1mo', ['2025-11-03', '2025-12-01']],
] as const)('%s bars begin with their first session', async (unit, lookbackDays, timeframe, dates) => {
  const [store, market] = [await newStore(), fakeMarket()];
  const nowMs = at('2026-01-03', 12);
  const report = await run({ store, market, nowMs, options: { unit, interval: 1, lookbackDays } });
  const starts = (await barsOf(store, 'SPY', timeframe)).map(({ startMs }) => startMs);
  expect(starts.slice(-dates.length)).toEqual(dates.map((date) => tradingDay(date)?.openMs));
  expect(report.spans.at(-1)?.date).toBe(unit === 'Monthly' ? '2026-01-02' : dates.at(-1));
  const again = await run({ store, market, nowMs, options: { unit, interval: 1, lookbackDays } });
  expect(again.requests).toBe(0);
});

const OPTIONS = {
  listed: ['2025-12-17', '2025-12-18', '2025-12-19', '2025-12-22'],
  traded: ['2025-12-15', '2025-12-16', '2025-12-17', '2025-12-18', '2025-12-19', '2025-12-22'],
  strikes: [597, 598, 599, 600, 601, 602, 603],
};

test('contracts of the next expirations of each session are kept as reconstructed, those that are over included', async () => {
  const [store, market] = [await newStore(), fakeMarket(OPTIONS)];
  const setup = { store, market, nowMs: at('2025-12-17', 20), options: { lookbackDays: 2, expirations: 2 } };
  const report = await run(setup);
  expect(report.failures).toEqual([]);
  expect(report.spans.map(({ date, contracts }) => [date, contracts?.expirations])).toEqual([
    ['2025-12-15', ['2025-12-15', '2025-12-16']],
    ['2025-12-16', ['2025-12-16', '2025-12-17']],
    ['2025-12-17', ['2025-12-17', '2025-12-18']],
  ]);
  // Two points around some 600.5: 599 to 602, calls and puts, of two expirations; to the late close every five minutes.
  expect(report.spans[0]?.contracts).toMatchObject({ held: false, chosen: 16, traded: 16, bars: 16 * 81 });
  expect(report.reconstruction).toMatch(/no option chains of the past.*reconstructed/s);
  const bars = await barsOf(store, 'SPY251216C00600000', '5m');
  expect(bars).toHaveLength(2 * 81);
  expect(bars.every(({ source, openInterest }) => source === 'reconstructed' && openInterest === 7)).toBe(true);
  const before = market.calls();
  const again = await run(setup);
  expect(again.spans[0]?.contracts).toEqual({ held: true, expirations: [], chosen: 16 });
  expect([market.calls() - before, again.requests, again.written.contractBars]).toEqual([0, 0, 0]);
});

test('a contract is asked for once, for all sessions of the window up to its expiry', async () => {
  const [store, market] = [await newStore(), fakeMarket(OPTIONS)];
  await run({ store, market, nowMs: at('2025-12-17', 20), options: { lookbackDays: 2, expirations: 3 } });
  const symbols = market.queries.map(({ symbol }) => symbol);
  expect(new Set(symbols).size).toBe(symbols.length);
});

test('a date that never was an expiration is found out by its first contracts', async () => {
  const [store, market] = [await newStore(), fakeMarket({ ...OPTIONS, traded: OPTIONS.listed })];
  const report = await run({
    store,
    market,
    nowMs: at('2025-12-17', 20),
    options: { lookbackDays: 1, expirations: 1 },
  });
  expect(report.spans[0]).toMatchObject({ date: '2025-12-16', contracts: { expirations: ['2025-12-17'] } });
  expect(market.queries.filter(({ symbol }) => symbol.startsWith('SPY 251216'))).toHaveLength(2);
});

test('every second strike is counted from the one nearest to the price', async () => {
  const [store, market] = [await newStore(), fakeMarket(OPTIONS)];
  const options = { expirations: 1, strikeDistance: 3, sampleEvery: 2, lookbackDays: 1 };
  await run({ store, market, nowMs: at('2025-12-17', 20), options });
  const price = priceAt(at('2025-12-17', 16));
  const nearest = Math.round(price);
  const wanted = [nearest - 2, nearest, nearest + 2].filter((strike) => Math.abs(strike - price) <= 3);
  const asked = market.queries.flatMap(({ symbol }) => /251217C(\d+)$/.exec(symbol)?.[1] ?? []).map(Number);
  expect(new Set(asked)).toEqual(new Set(wanted));
});

test('the third Friday has contracts settled at the open and at the close, kept apart', async () => {
  const listed = ['2025-12-19', '2025-12-22'];
  const [store, market] = [await newStore(), fakeMarket({ listed, strikes: [6800], level: 6800 })];
  const setup = { store, market, options: { underlying: 'SPX', expirations: 1 } };
  const { spans } = await run({ ...setup, nowMs: at('2025-12-18', 20) });
  expect(spans.at(-1)?.contracts).toMatchObject({ expirations: ['2025-12-19'], chosen: 4 });
  // On the day itself the one settled at the open is over.
  const later = await run({ ...setup, nowMs: at('2025-12-19', 20) });
  expect(later.spans.at(-1)?.contracts).toMatchObject({ expirations: ['2025-12-19'], chosen: 2 });
  expect(await store.bars.count('SPX251219C06800000', '5m', at('2025-12-19', 0), at('2025-12-20', 0))).toBe(0);
  expect(await store.bars.count('SPXW251219C06800000', '5m', at('2025-12-19', 0), at('2025-12-20', 0))).toBe(81);
});

test('a failed request is a line of the report, and the next run fetches only what failed', async () => {
  const [store, market] = [await newStore(), fakeMarket(OPTIONS)];
  market.fault = ({ symbol }) => symbol === 'SPY 251218P600' && new GexError('upstream', 'answered 502');
  const setup = { store, market, nowMs: at('2025-12-17', 20), options: { expirations: 2 } };
  const report = await run(setup);
  expect(report.failures).toEqual(['bars of SPY 251218P600: answered 502']);
  expect((await store.runs.latest(1))[0]).toMatchObject({ command: 'backfill', status: 'failed' });
  await run(setup); // what is not whole is not taken for held
  market.fault = undefined;
  market.queries.length = 0;
  const again = await run(setup);
  expect(again.failures).toEqual([]);
  expect(market.queries.map(({ symbol }) => symbol)).toEqual(['SPY 251218P600']);
  expect((await store.runs.latest(1))[0]).toMatchObject({ status: 'done' });
});

test('nothing more is asked of a vendor that is down', async () => {
  const [store, market] = [await newStore(), fakeMarket(OPTIONS)];
  market.fault = ({ symbol }) => symbol !== 'SPY' && new GexError('upstream', 'answered 503');
  const report = await run({
    store,
    market,
    nowMs: at('2025-12-17', 20),
    options: { lookbackDays: 2, expirations: 3 },
  });
  // Four are under way at once when the fifth in a row fails.
  expect(market.queries.length).toBeLessThanOrEqual(1 + 5 + 4);
  expect(report.failures.at(-1)).toMatch(/^\d+ more requests were not made after 5 failures in a row; run it again/);
  expect(report.spans.every(({ state }) => state === 'fetched')).toBe(true);
});

test('a symbol that does not exist ends the run with the words of the vendor', async () => {
  const [store, market] = [await newStore(), fakeMarket()];
  market.fault = () => new GexError('missing', 'TradeStation NOPE: not found; check the symbol');
  const ran = run({ store, market, nowMs: at('2025-12-17', 20), options: { underlying: 'NOPE' } });
  await expect(ran).rejects.toMatchObject({ kind: 'missing', message: expect.stringContaining('check the symbol') });
});

test('an interrupted run keeps what came, and the next one goes on there', async () => {
  const [store, market] = [await newStore(), fakeMarket(OPTIONS)];
  const abort = new AbortController();
  market.fault = ({ symbol }) => {
    if (symbol === 'SPY 251218C600') abort.abort(new Error('stop'));
    return undefined;
  };
  const options = { ...BARS_ONLY, expirations: 2 };
  const nowMs = at('2025-12-17', 20);
  await expect(backfill(options, { store, market }, contextAt(nowMs, abort.signal))).rejects.toThrow('stop');
  expect((await store.runs.latest(1))[0]?.status).toBe('interrupted');
  const kept = await barsOf(store, 'SPY251217C00600000', '5m');
  expect(kept).toHaveLength(81 * 2);
  const done = market.queries.length;
  market.fault = undefined;
  const report = await run({ store, market, nowMs, options });
  expect(report.failures).toEqual([]);
  const repeated = market.queries.slice(done).filter(({ symbol }) => symbol === 'SPY' || symbol === 'SPY 251217C600');
  expect(repeated).toEqual([]);
});

test('a plan needs no network and says how long the rate budget takes', async () => {
  const options = { ...BARS_ONLY, lookbackDays: 60, expirations: 3, strikeDistance: 10 };
  const plan = await planBackfill(options, undefined, at('2025-12-17', 20));
  const { barRequests, contractRequests, seconds } = estimateBackfill(plan, options);
  expect(barRequests).toBe(1);
  // 42 sessions: three expirations at first, one more with each; 21 strikes, calls and puts.
  expect(plan.contracts).toHaveLength(42);
  expect(contractRequests).toBe(4 + 42 * (3 + 41));
  expect(seconds).toBe(Math.ceil((1 + contractRequests - 250) * 1.2));
});
