import { expect, it } from 'vitest';
import { newYorkInstant, type TradingDay, tradingDay } from '../../src/core/calendar.js';
import { exposureProfile } from '../../src/core/exposure.js';
import type { ChainSnapshot } from '../../src/core/model.js';
import { synthTicker } from '../../src/core/synth/tickers.js';
import { parseOptionSymbol } from '../../src/feeds/tradestation/symbols.js';
import type { OptionDay } from '../../src/server/tradestation/market/option-day.js';
import type { Store } from '../../src/stores/sql/open.js';
import type { OrderflowKey } from '../../src/wire/record.js';
import { accountOf, recordsOf, recordTimesOf, streamWorld } from '../helpers/stream-world.js';

const dayOf = (date: string): TradingDay => tradingDay(date) as TradingDay;
const thursday = dayOf('2025-12-18');
const friday = dayOf('2025-12-19');
const SPX = synthTicker('SPX');
const MINUTE_MS = 60_000;

/** The contracts of a chain with one of these expiries and strikes. */
function partOf(chain: ChainSnapshot, dates: readonly string[], strikes: ReadonlySet<number>): ChainSnapshot {
  const { contracts } = chain;
  const dateOf = (row: number): string => contracts.expiries[contracts.expiry[row] as number]?.label ?? '';
  const rows = [...contracts.strike.keys()].filter(
    (row) => dates.includes(dateOf(row)) && strikes.has(contracts.strike[row] as number),
  );
  const pick = (column: Float64Array): Float64Array => Float64Array.from(rows, (row) => column[row] as number);
  return {
    ...{ ...chain, bid: pick(chain.bid), ask: pick(chain.ask), last: pick(chain.last), iv: pick(chain.iv) },
    ...{ openInterest: pick(chain.openInterest), volume: pick(chain.volume) },
    contracts: {
      ...{ length: rows.length, expiries: contracts.expiries, strike: pick(contracts.strike) },
      symbol: rows.map((row) => contracts.symbol[row] as string),
      side: Int8Array.from(rows, (row) => contracts.side[row] as number),
      expiry: Uint16Array.from(rows, (row) => contracts.expiry[row] as number),
      multiplier: pick(contracts.multiplier),
    },
  };
}

/** The same with every expiry at the close of its day. */
function settledAtClose(chain: ChainSnapshot): ChainSnapshot {
  const expiries = chain.contracts.expiries.map((expiry) => ({ ...expiry, expiryMs: dayOf(expiry.label).closeMs }));
  return { ...chain, contracts: { ...chain.contracts, expiries } };
}

it('keeps both roots of a third Friday apart on the day before, each with its own time to expiry', async () => {
  const startMs = newYorkInstant(thursday.date, 10, 0);
  const world = await streamWorld({ speed: 1, tickers: ['SPX'], startMs, quotes: 'exact' });
  const options = { tickers: ['SPX'], expirations: 2, strikeDistance: 20, intervalMs: 1000 };
  await world.record(options, ({ missing }) => missing === undefined);
  const { atMs = Number.NaN, rejects } = world.ticks.at(-1) ?? {};
  const [levels] = await world.store.levels.between('SPX', startMs, friday.openMs);
  const stored = await world.store.exposures.at('SPX', atMs, levels?.conventionId ?? -1);
  const chain = world.server.market.plantedChain(SPX, atMs);
  const planted = partOf(chain, [thursday.date, friday.date], new Set(stored?.strike));
  expect(planted.contracts.expiries.filter(({ label }) => label === friday.date)).toMatchObject([
    { root: 'SPX', expiryMs: friday.openMs },
    { root: 'SPXW', expiryMs: friday.openMs + 6.5 * 60 * MINUTE_MS },
  ]);
  expect([rejects, stored?.strike.length]).toEqual([0, planted.contracts.length / 6]);
  const right = exposureProfile(planted, { iv: 'chain' }).byStrike;
  const wrong = exposureProfile(settledAtClose(planted), { iv: 'chain' }).byStrike;
  const column = (name: 'callGex' | 'putGex' | 'callOpenInterest'): number[] => [...(stored?.columns[name] ?? [])];
  const offBy = (rows: typeof right, name: 'callGex' | 'putGex'): number =>
    Math.max(...rows.map((row, i) => Math.abs((column(name)[i] as number) / row[name] - 1)));
  for (const name of ['callGex', 'putGex'] as const) {
    expect(offBy(right, name)).toBeLessThan(0.02);
    expect(offBy(wrong, name)).toBeGreaterThan(0.05);
  }
  expect(column('callOpenInterest')).toEqual(right.map((row) => row.callOpenInterest));
}, 30_000);

/** Contracts traded at a strike from the open to an instant, of every expiry that is followed. */
function tradedAt(day: OptionDay, dates: readonly string[]) {
  const { strike, side } = day.listing.contracts;
  const rows = [...strike.keys()].filter((row) => dates.includes(day.expiryOf(row).label));
  const prints = new Map(rows.map((row) => [row, day.prints(row, 23_399)]));
  return (at: number, right: 1 | -1, untilMs: number): number =>
    rows
      .filter((row) => strike[row] === at && side[row] === right)
      .flatMap((row) => prints.get(row) ?? [])
      .reduce((sum, { atMs, size }) => sum + (atMs <= untilMs ? size : 0), 0);
}

/** Contracts traded at a strike. */
interface StoredRow {
  readonly at: number;
  readonly calls: number;
  readonly puts: number;
}

/** The exposures by strike of every instant in the store. */
async function storedExposures(store: Store) {
  const levels = await store.levels.between('SPX', 0, Number.MAX_SAFE_INTEGER);
  return Promise.all(
    levels.map(async ({ asOfMs, spot, conventionId }) => {
      const { strike = [], columns } = (await store.exposures.at('SPX', asOfMs, conventionId)) ?? {};
      const of = (name: 'callVolume' | 'putVolume', i: number): number => columns?.[name]?.[i] ?? Number.NaN;
      const rows: StoredRow[] = [...strike].map((at, i) => ({
        at,
        calls: of('callVolume', i),
        puts: of('putVolume', i),
      }));
      return { asOfMs, spot, rows };
    }),
  );
}

const INTERVAL_MS = 2 * MINUTE_MS;

/** A third Friday from before its open to its close, stopped at noon and started again ten minutes later. */
async function recordFriday() {
  const world = await streamWorld({
    ...{ speed: 600, mode: 'paused', tickers: ['SPX'], startMs: friday.openMs - 4 * MINUTE_MS },
  });
  const { market, clock, requests } = world.server;
  const options = { tickers: ['SPX'], expirations: 9, strikeDistance: 15, intervalMs: INTERVAL_MS };
  const noonMs = newYorkInstant(friday.date, 12, 0);
  const morning = world.record(options, ({ atMs, missing }) => atMs >= noonMs && missing === undefined);
  await world.settled(3);
  const paths = requests().flatMap(({ url }) => /stream\/quotes\/(SPX.*)/.exec(url)?.[1] ?? []);
  const followed = paths.flatMap((path) => decodeURIComponent(path).split(','));
  const volumeOf = (symbol: string) => market.optionQuote(SPX, symbol, clock.marketMs)?.volume ?? 0;
  const volumeBefore = followed.reduce((sum, symbol) => sum + volumeOf(symbol), 0);
  clock.run(600);
  await morning;
  await world.clock.sleep(10 * MINUTE_MS);
  await world.record(options);
  return { ...world, followed, volumeBefore };
}

it('records a third Friday at 600x: no volume of the day before, no alarm, resumed in its middle', async () => {
  const { server, store, root, lines, followed, volumeBefore } = await recordFriday();
  const account = { ticker: 'SPX', intervalMs: INTERVAL_MS };
  const { wrong, records, gaps } = await accountOf(root, friday, friday.closeMs, account);
  expect([wrong, lines]).toEqual([[], []]);
  expect(gaps[0]?.reason).toContain('no print of SPX since the open');
  expect(gaps.filter(({ reason }) => reason.includes('gex stream was not running'))).toHaveLength(1);
  for (const times of await recordTimesOf(root, friday.date, 'SPX')) expect(times).toEqual(records);
  const ticks = await store.ticks.between('SPX', 0, Number.MAX_SAFE_INTEGER, 1000);
  expect(ticks.map(({ atMs }) => atMs)).toEqual(records);
  const bars = await store.bars.between('SPX', '1m', 0, Number.MAX_SAFE_INTEGER, 1000);
  const missed = gaps.flatMap(({ fromMs, toMs }) =>
    Array.from({ length: (toMs - fromMs) / MINUTE_MS }, (_, i) => fromMs + i * MINUTE_MS),
  );
  expect(bars.map(({ startMs }) => startMs)).toEqual(missed);

  // Both roots of January's third Friday; none of today's that settled at the open.
  expect(followed).toEqual(expect.arrayContaining(['SPX 260116C6955', 'SPXW 260116C6955']));
  expect(followed.filter((symbol) => symbol.startsWith('SPX 251219'))).toEqual([]);

  const dates = [...new Set(followed.map((symbol) => parseOptionSymbol(symbol)?.date ?? ''))];
  const traded = tradedAt(server.market.optionDay(SPX, friday), dates);
  const { high, low } = server.market.underlyingDay(SPX, friday);
  const stored = await storedExposures(store);
  expect(stored.map(({ asOfMs }) => asOfMs)).toEqual(records);
  for (const { asOfMs, spot, rows } of stored) {
    expect(spot).toBeGreaterThanOrEqual(low.at(-1) as number);
    expect(spot).toBeLessThanOrEqual(high.at(-1) as number);
    const untilMs = asOfMs + INTERVAL_MS;
    const more = rows.filter(({ at, calls, puts }) => calls > traded(at, 1, untilMs) || puts > traded(at, -1, untilMs));
    expect([asOfMs, more]).toEqual([asOfMs, []]);
  }
  const sum = (rows: StoredRow[]) => rows.reduce((total, { calls, puts }) => total + calls + puts, 0);
  expect(sum(stored[0]?.rows ?? [])).toBeLessThan(volumeBefore / 10);
  const { asOfMs = 0, spot = 0, rows = [] } = stored.at(-1) ?? {};
  const near = rows.filter(({ at }) => Math.abs(at - spot) < 10);
  const known = near.map(({ at }) => ({ at, calls: traded(at, 1, asOfMs), puts: traded(at, -1, asOfMs) }));
  expect(sum(near)).toBeGreaterThan(0.9 * sum(known));

  const key = { date: friday.date, ticker: 'SPX', package: 'orderflow', category: 'orderflow' } as const;
  for (const flow of await recordsOf<Readonly<Record<'timestamp' | OrderflowKey, number>>>(root, key)) {
    // Dealers hold no more than was traded today, and no more is bought than was traded since the last record.
    expect(Math.abs(flow.net_call_dex)).toBeLessThanOrEqual(flow.agg_call_dex + 0.01);
    expect(Math.abs(flow.net_put_dex)).toBeLessThanOrEqual(0.01 - flow.agg_put_dex);
    expect(Math.max(Math.abs(flow.cvroflow), Math.abs(flow.one_cvroflow))).toBeLessThanOrEqual(1);
  }
}, 120_000);
