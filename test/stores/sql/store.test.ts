import { expect } from 'vitest';
import { EXPOSURE_COLUMNS } from '../../../src/stores/sql/schema.js';
import { inEachDialect } from '../../helpers/dialects.js';

const tick = (atMs: number, seq = 0, price = 100) => ({
  ticker: 'SPX',
  atMs,
  seq,
  price,
  bid: price - 1,
  ask: Number.NaN,
  volume: 5,
});

inEachDialect((onStore) => {
  onStore('ticks come back in order, unknown numbers as NaN', async ({ ticks }) => {
    await ticks.insert([tick(2000), tick(1000, 1), tick(1000, 0), { ...tick(1500), ticker: 'SPY' }, tick(3000)]);
    const found = await ticks.between('SPX', 1000, 3000, 10);
    expect(found).toEqual([tick(1000, 0), tick(1000, 1), tick(2000)]);
    expect(await ticks.between('SPX', 0, 9000, 2)).toEqual([tick(1000, 0), tick(1000, 1)]);
  });

  onStore('the same batch of ticks again changes nothing, a corrected tick replaces', async ({ ticks }) => {
    const batch = Array.from({ length: 50 }, (_, i) => tick(1000 + i));
    await ticks.insert(batch);
    await ticks.insert(batch);
    await ticks.insert([tick(1010, 0, 77)]);
    const found = await ticks.between('SPX', 0, 9000, 1000);
    expect(found).toEqual(batch.map((one) => (one.atMs === 1010 ? tick(1010, 0, 77) : one)));
  });

  onStore('a batch is written whole or not at all', async ({ ticks }) => {
    const broken = { ...tick(1001), price: null as unknown as number };
    await expect(ticks.insert([tick(1000), broken])).rejects.toThrow();
    expect(await ticks.between('SPX', 0, 9000, 10)).toEqual([]);
  });

  onStore('bars are replaced by key', async ({ bars }) => {
    const bar = {
      ticker: 'SPX',
      timeframe: '1m',
      startMs: 60_000,
      open: 1,
      high: 3,
      low: 0.5,
      close: 2,
      volume: Number.NaN,
      source: 'vendor' as const,
      openInterest: Number.NaN,
    };
    await bars.insert([bar, { ...bar, startMs: 0 }, { ...bar, timeframe: '5m' }]);
    await bars.insert([{ ...bar, close: 2.5 }]);
    expect(await bars.between('SPX', '1m', 0, 120_000, 10)).toEqual([
      { ...bar, startMs: 0 },
      { ...bar, close: 2.5 },
    ]);
    expect(await bars.count('SPX', '1m', 0, 120_000)).toBe(2);
    expect(await bars.count('SPX', '1m', 0, 60_000)).toBe(1);
  });

  onStore('bars and the span that was asked for are written together or not at all', async ({ bars }) => {
    const bar = {
      ...{ ticker: 'SPY251219C00600000', timeframe: '5m', startMs: 0, open: 1, high: 1, low: 1, close: 1, volume: 3 },
      ...{ source: 'reconstructed' as const, openInterest: 11_873 },
    };
    const span = {
      ...{ ticker: bar.ticker, timeframe: '5m', date: '2025-12-17', part: 'bars', source: bar.source },
      ...{ throughMs: 300_000, items: 1, fetchedMs: 400_000 },
    };
    await expect(bars.insert([bar], [{ ...span, items: null as unknown as number }])).rejects.toThrow();
    expect(await bars.count(bar.ticker, '5m', 0, 1)).toBe(0);
    await bars.insert([bar], [span, { ...span, date: '2025-12-16', items: 0 }]);
    await bars.insert([], [{ ...span, throughMs: 600_000 }]);
    expect(await bars.between(bar.ticker, '5m', 0, 1, 10)).toEqual([bar]);
    expect(await bars.spans(bar.ticker, '5m', 'bars')).toEqual([
      { ...span, date: '2025-12-16', items: 0 },
      { ...span, throughMs: 600_000 },
    ]);
    expect(await bars.spans(bar.ticker, '5m', 'contracts')).toEqual([]);
  });

  onStore('the latest chain of an underlying is found whole', async ({ chains }) => {
    const chain = (asOfMs: number, underlying = 'SPX') => ({
      underlying,
      asOfMs,
      source: { kind: 'synth', name: 'seed 1' } as const,
      spot: 5000.25,
      rate: Number.NaN,
      dividendYield: 0.013,
      model: 'bsm' as const,
      contracts: 2,
      document: JSON.stringify({ schema: 'gex-chain/1', asOf: asOfMs, note: 'é'.repeat(10_000) }),
    });
    for (const one of [chain(2000), chain(3000), chain(1000), chain(9000, 'SPY')]) await chains.insert(one);
    expect(await chains.latest('SPX')).toEqual(chain(3000));
    expect(await chains.latest('SPX', 2999)).toEqual(chain(2000));
    expect(await chains.latest('SPX', 999)).toBeUndefined();
    expect(await chains.latest('QQQ')).toBeUndefined();
    await chains.insert({ ...chain(3000), spot: 1 });
    expect((await chains.latest('SPX'))?.spot).toBe(1);
  });

  onStore(
    'exposures of an instant replace what was there, also strikes that are gone',
    async ({ exposures, conventions }) => {
      const conventionId = await conventions.idOf({ unit: 'usd-per-1pct' });
      const other = await conventions.idOf({ unit: 'shares-per-point' });
      const at = (strikes: number[], id = conventionId) => ({
        ticker: 'SPX',
        asOfMs: 1000,
        conventionId: id,
        strike: Float64Array.from(strikes),
        columns: {
          callGex: Float64Array.from(strikes, (k) => k * 1e6),
          putOpenInterest: Float64Array.from(strikes, () => Number.NaN),
        },
      });
      await exposures.insert([at([5000, 5005, 5010]), at([1], other)]);
      await exposures.insert([at([5010, 5000])]);
      const found = await exposures.at('SPX', 1000, conventionId);
      expect(found?.strike).toEqual(Float64Array.of(5000, 5010));
      expect(found?.columns.callGex).toEqual(Float64Array.of(5e9, 5.01e9));
      expect(found?.columns.putOpenInterest).toEqual(Float64Array.of(Number.NaN, Number.NaN));
      expect(found?.columns.putGex).toEqual(Float64Array.of(Number.NaN, Number.NaN));
      expect(Object.keys(found?.columns ?? {})).toHaveLength(EXPOSURE_COLUMNS.length);
      expect((await exposures.at('SPX', 1000, other))?.strike).toEqual(Float64Array.of(1));
      expect(await exposures.at('SPX', 1001, conventionId)).toBeUndefined();
    },
  );

  onStore('every column of an exposure keeps its own numbers', async ({ exposures, conventions }) => {
    const conventionId = await conventions.idOf({});
    const names = [
      'callGex',
      'putGex',
      'callGexVolume',
      'putGexVolume',
      'callDex',
      'putDex',
      'callVex',
      'putVex',
    ] as const;
    const more = ['callChex', 'putChex', 'callOpenInterest', 'putOpenInterest', 'callVolume', 'putVolume'] as const;
    const columns = Object.fromEntries([...names, ...more].map((name, i) => [name, Float64Array.of(i + 1, -i - 1)]));
    await exposures.insert([{ ticker: 'SPX', asOfMs: 1, conventionId, strike: Float64Array.of(1, 2), columns }]);
    expect((await exposures.at('SPX', 1, conventionId))?.columns).toEqual(columns);
  });

  onStore('a convention has one number whatever the order of its fields', async ({ conventions }) => {
    const id = await conventions.idOf({ unit: 'usd-per-1pct', clock: { yearDays: 365, from: 'utc' } });
    expect(await conventions.idOf({ clock: { from: 'utc', yearDays: 365 }, unit: 'usd-per-1pct' })).toBe(id);
    const together = await Promise.all([1, 2, 3].map(() => conventions.idOf({ sign: 'naive' })));
    expect(new Set(together).size).toBe(1);
    expect(await conventions.idOf({ unit: 'usd-per-point', clock: { yearDays: 365, from: 'utc' } })).not.toBe(id);
  });

  onStore(
    'levels come back with what does not exist as NaN, and the run that made them',
    async ({ levels, conventions, runs }) => {
      const conventionId = await conventions.idOf({ unit: 'usd-per-1pct' });
      const runId = await runs.start('compute', 1, {});
      const plain = {
        ticker: 'SPX',
        asOfMs: 1000,
        conventionId,
        spot: 5000,
        callGex: 3e9,
        putGex: -1e9,
        zeroGamma: 4950.125,
        callWall: 5100,
        putWall: 4900,
        absGammaStrike: 5000,
        callOiWall: 5200,
        putOiWall: 4800,
      };
      const full = {
        ...plain,
        asOfMs: 2000,
        runId,
        zeroGamma: Number.NaN,
        zeroGammaReason: 'no sign change',
        document: { maxPain: [1] },
      };
      await levels.insert([full, plain]);
      await levels.insert([{ ...plain, spot: 5001 }]);
      expect(await levels.between('SPX', 0, 2000)).toEqual([{ ...plain, spot: 5001 }]);
      expect(await levels.between('SPX', 0, 2001)).toEqual([{ ...plain, spot: 5001 }, full]);
    },
  );

  onStore('levels of a convention that does not exist are refused', async ({ levels }) => {
    const nan = Number.NaN;
    const walls = { zeroGamma: nan, callWall: nan, putWall: nan, absGammaStrike: nan, callOiWall: nan, putOiWall: nan };
    const orphan = { ticker: 'SPX', asOfMs: 1, conventionId: 99, spot: 1, callGex: 1, putGex: 1, ...walls };
    await expect(levels.insert([orphan])).rejects.toThrow(/foreign key/i);
  });

  onStore('runs are told from start to end', async ({ runs }) => {
    const first = await runs.start('synth', 1000, { seed: 7 });
    const second = await runs.start('compute', 2000, {});
    await runs.finish(first, 5000, 'done', { lines: 15 });
    expect(await runs.latest(5)).toEqual([
      { id: second, command: 'compute', startedMs: 2000, status: 'running', options: {} },
      {
        id: first,
        command: 'synth',
        startedMs: 1000,
        finishedMs: 5000,
        status: 'done',
        options: { seed: 7 },
        report: { lines: 15 },
      },
    ]);
  });

  onStore('clearing a session forgets what is in its span, and nothing beside it', async (store) => {
    const conventionId = await store.conventions.idOf({});
    await store.ticks.insert([tick(999), tick(1000), tick(1999), tick(2000), { ...tick(1500), ticker: 'SPY' }]);
    const exposure = { ticker: 'SPX', conventionId, strike: Float64Array.of(1), columns: {} };
    await store.exposures.insert([
      { ...exposure, asOfMs: 1500 },
      { ...exposure, asOfMs: 2000 },
    ]);
    await store.clear('SPX', 1000, 2000);
    expect((await store.ticks.between('SPX', 0, 9000, 10)).map((one) => one.atMs)).toEqual([999, 2000]);
    expect(await store.ticks.between('SPY', 0, 9000, 10)).toHaveLength(1);
    expect(await store.exposures.at('SPX', 1500, conventionId)).toBeUndefined();
    expect(await store.exposures.at('SPX', 2000, conventionId)).toBeDefined();
  });
});
