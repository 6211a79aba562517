import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { type TradingDay, tradingDay } from '../../src/core/calendar.js';
import { randomStream } from '../../src/core/random.js';
import { createBook, type QuoteBook } from '../../src/feeds/tradestation/book.js';
import type { Quote } from '../../src/feeds/tradestation/model.js';
import { openLivePublisher } from '../../src/jobs/live-publish.js';
import { createKeeper } from '../../src/jobs/stream-checkpoint.js';
import { type LiveContracts, liveContracts } from '../../src/jobs/stream-contracts.js';
import { streamPath } from '../../src/stores/archive/path.js';
import { openStore } from '../../src/stores/sql/open.js';
import { CATEGORIES } from '../../src/wire/catalogue.js';
import { tempFolder } from '../helpers/folder.js';
import { expectGoneOn, keptState } from '../helpers/stream-state.js';
import { streamWorld } from '../helpers/stream-world.js';
import { recordingCtx } from '../server/fixture.js';

const DAY = tradingDay('2025-12-17') as TradingDay;
const INTERVAL_MS = 20_000;
const SPOT = 180;
const LISTING = {
  expiries: ['2025-12-17', '2025-12-19'].map((date) => ({
    ...{ root: 'HEALTH', date, expiryMs: Date.parse(`${date}T21:00:00Z`) },
    strikes: [176, 178, 180, 182, 184],
  })),
  multipliers: new Map([['HEALTH', 100]]),
};
const SELECTION = { centre: SPOT, expiries: LISTING.expiries };
const SYMBOLS = liveContracts(LISTING).select(SELECTION);

/** A market of quotes that move and trades at them, some in the middle: what each step tells, and all that is known before it. */
function script(steps: number, seed: number, middles = 0) {
  const random = randomStream(seed, 'restart');
  const now = new Map(
    SYMBOLS.map((symbol) => [symbol, { symbol, openInterest: 500, volume: 40, last: 1, bid: 1, ask: 2 }]),
  );
  return Array.from({ length: steps }, () => {
    const known: Quote[] = [...now.values()];
    const told: Quote[] = [];
    for (const symbol of SYMBOLS) {
      const bid = 1 + Math.round(random.uniform() * 20) / 10;
      const quote = { ...(now.get(symbol) as NonNullable<ReturnType<typeof now.get>>), bid, ask: bid + 0.1 };
      told.push(quote);
      const isTraded = random.uniform() < 0.6;
      const side = random.uniform() < 0.5 ? quote.bid : quote.ask;
      const last = random.uniform() < middles ? (quote.bid + quote.ask) / 2 : side;
      const volume = quote.volume + (isTraded ? 1 + Math.floor(random.uniform() * 9) : 0);
      if (isTraded) told.push({ symbol, last, volume });
      now.set(symbol, isTraded ? { ...quote, last, volume } : quote);
    }
    return { known, told };
  });
}

const applyAll = (book: QuoteBook, quotes: readonly Quote[], atMs: number): void => {
  for (const quote of quotes) book.apply(quote, atMs);
};

const snapshotAt = (contracts: LiveContracts, atMs: number) =>
  contracts.snapshot({
    ...{ underlying: 'HEALTH', asOfMs: atMs, spot: SPOT, warnings: [] },
    source: { kind: 'tradestation', name: 'fake' },
  });

/** Records of a script by a program that lives for some spans of its steps; each life begins with all that is known. */
async function recorded(steps: ReturnType<typeof script>, lives: readonly (readonly [from: number, to: number])[]) {
  const root = tempFolder();
  const store = await openStore(':memory:');
  onTestFinished(() => store.close());
  const ports = { store, runId: await store.runs.start('stream', 0, {}) };
  const { ctx, lines } = recordingCtx();
  const options = { root, ticker: 'HEALTH', date: DAY.date, iv: 'solve', exposureIntervalMs: 60_000 } as const;
  for (const [from, to] of lives) {
    const publisher = await openLivePublisher(options, ports, ctx);
    const keeper = createKeeper(options, ctx);
    const checkpoint = await keeper.restore(publisher.lastMs);
    const contracts = liveContracts(LISTING, checkpoint?.book);
    contracts.book.expectSnapshot(contracts.select(SELECTION));
    if (checkpoint) publisher.remember(snapshotAt(contracts, publisher.lastMs));
    applyAll(contracts.book, steps[from]?.known ?? [], 0);
    for (let i = from; i < to; i++) {
      const atMs = DAY.openMs + i * INTERVAL_MS;
      applyAll(contracts.book, steps[i]?.told ?? [], atMs);
      await publisher.publish(snapshotAt(contracts, atMs));
      await keeper.keep({ atMs, book: contracts.book.state() });
    }
    await publisher.close();
  }
  const texts = CATEGORIES.map((row) =>
    readFileSync(streamPath(root, { ...row, date: DAY.date, ticker: 'HEALTH' }), 'utf8'),
  );
  return { texts, warnings: lines.filter(({ level }) => level === 'warn') };
}

test('restarts in which nothing is traded leave no trace in any of the 15 files, flows and priors included', async () => {
  const steps = script(130, 7, 0.3);
  const undisturbed = await recorded(steps, [[0, 130]]);
  const restarted = await recorded(steps, [
    [0, 1],
    [1, 60],
    [60, 110],
    [110, 130],
  ]);
  expect(restarted).toEqual(undisturbed);
  const [state, flows] = [undisturbed.texts[4], undisturbed.texts[14]].map((text) =>
    JSON.parse(text?.split('\n')[109] ?? ''),
  );
  expect(state.strikes.some(([, figure]: number[]) => figure !== 0)).toBe(true);
  expect([flows.dexoflow, flows.gexoflow].every((flow) => flow !== 0)).toBe(true);
});

test('what is traded behind the state that was kept has no side and is counted once; all else is as undisturbed', () => {
  const lengths = fc.record({
    ...{ seed: fc.nat(1000), kept: fc.integer({ min: 1, max: 12 }) },
    ...{ lost: fc.nat(6), more: fc.integer({ min: 1, max: 8 }) },
  });
  const figures = ({ columns: { volume, netBought, unsided } }: QuoteBook) =>
    SYMBOLS.map((_, row) => ({ volume: volume[row] ?? 0, net: netBought[row] ?? 0, unsided: unsided[row] ?? 0 }));
  fc.assert(
    fc.property(lengths, ({ seed, kept, lost, more }) => {
      const again = kept + lost;
      const steps = script(again + more, seed);
      const [whole, second] = [createBook(), createBook()];
      whole.add(SYMBOLS);
      const hear = (book: QuoteBook, from: number, to: number): void => {
        for (const { told } of steps.slice(from, to)) applyAll(book, told, 0);
      };
      hear(whole, 0, kept);
      const before = figures(whole);
      second.goOn(whole.state());
      hear(whole, kept, again);
      const after = figures(whole);
      second.add(SYMBOLS);
      second.expectSnapshot(SYMBOLS);
      applyAll(second, steps[again]?.known ?? [], 0);
      for (const book of [whole, second]) hear(book, again, again + more);
      const missed = after.map(({ volume, net }, row) => ({
        size: volume - (before[row]?.volume ?? 0),
        net: net - (before[row]?.net ?? 0),
      }));
      const expected = figures(whole).map(({ volume, net, unsided }, row) => ({
        ...{ volume, net: net - (missed[row]?.net ?? 0), unsided: unsided + (missed[row]?.size ?? 0) },
      }));
      expect(figures(second)).toEqual(expected);
    }),
    { numRuns: 100 },
  );
});

type Row = readonly [strike: number, ...figures: number[]];

/** The figures of a ladder's records that have priors, by time and strike, and those priors. */
function laddersOf(root: string, category: string, at: { readonly value: number; readonly priors: number }) {
  const packageName = category === 'gex_full' ? 'classic' : 'state';
  const path = streamPath(root, { date: DAY.date, ticker: 'HEALTH', package: packageName, category });
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const record = JSON.parse(line) as { timestamp: number; strikes?: Row[]; mini_contracts?: Row[] };
    const rows = record.strikes ?? record.mini_contracts ?? [];
    return {
      atMs: record.timestamp * 1000,
      value: new Map(rows.map((row) => [row[0], row[at.value] as number])),
      priors: new Map(rows.map((row) => [row[0], row[at.priors] as unknown as number[]])),
    };
  });
}

const untilRecorded = (count: number, onTick: (left: number) => void = () => {}) => {
  let left = count;
  return ({ missing }: { readonly missing?: string }): boolean => {
    if (missing === undefined) left -= 1;
    onTick(left);
    return left === 0;
  };
};

test('gex stream goes on where it was stopped: priors are what the archive says, positions those of before', async () => {
  const world = await streamWorld({ speed: 300, startMs: DAY.openMs + 20 * 60_000 });
  await world.record({}, untilRecorded(34));
  const before = await keptState(world.root, DAY.date);
  await world.clock.sleep(3 * 60_000);
  await world.record({}, untilRecorded(6));
  expect(expectGoneOn(before, await keptState(world.root, DAY.date))).toBeGreaterThan(0);
  for (const [category, value, priors, minutes] of [
    ['gex_full', 1, 3, [1, 5, 10, 15, 30]],
    ['gex_zero', 1, 3, [1, 5, 10, 15, 30]],
    ['gamma_zero', 3, 4, [1, 5, 10]],
  ] as const) {
    const records = laddersOf(world.root, category, { value, priors });
    const after = records.filter(({ atMs }) => atMs > before.atMs);
    expect(after).toHaveLength(6);
    for (const record of after) {
      for (const [p, minute] of minutes.entries()) {
        const then = records.findLast(({ atMs }) => atMs <= record.atMs - minute * 60_000);
        const shown = [...record.priors].map(([strike, figures]) => [strike, figures[p]]);
        expect(shown).toEqual([...record.priors.keys()].map((strike) => [strike, then?.value.get(strike) ?? 0]));
        expect(shown.some(([, prior]) => prior !== 0)).toBe(true);
      }
    }
  }
}, 60_000);

test('killed between a record and its state it counts no trade twice; a damaged state is said, and all begins at 0', async () => {
  const world = await streamWorld({ speed: 200, startMs: DAY.openMs + 20 * 60_000 });
  const path = join(world.root, '.stream', 'HEALTH.state.json');
  let older = Buffer.alloc(0);
  await world.record(
    {},
    untilRecorded(12, (left) => {
      if (left === 1) older = readFileSync(path);
    }),
  );
  writeFileSync(path, older);
  const before = await keptState(world.root, DAY.date);
  expect(before.atMs).toBeLessThan(world.ticks.at(-1)?.atMs ?? 0);
  await world.record({}, untilRecorded(3));
  expect(expectGoneOn(before, await keptState(world.root, DAY.date))).toBeGreaterThan(0);
  const flows = readFileSync(
    streamPath(world.root, { date: DAY.date, ticker: 'HEALTH', package: 'orderflow', category: 'orderflow' }),
    'utf8',
  )
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number>);
  expect([flows[12]?.dexoflow, flows[12]?.gexoflow]).toEqual([0, 0]);
  expect(flows.some(({ dexoflow, gexoflow }) => dexoflow !== 0 && gexoflow !== 0)).toBe(true);

  const whole = await keptState(world.root, DAY.date);
  writeFileSync(path, readFileSync(path).fill(32, 100, 110));
  const lines = world.lines.length;
  await world.record({}, untilRecorded(1));
  expect(world.lines.slice(lines).filter((line) => line.includes('damaged'))).toEqual([
    expect.stringMatching(/^warn .*HEALTH\.state\.json is damaged .*: inferred positions of HEALTH begin at 0$/),
  ]);
  for (const [symbol, { volume, unsided }] of (await keptState(world.root, DAY.date)).contracts) {
    const sided = volume - unsided;
    expect(sided, symbol).toBeLessThanOrEqual(volume - (whole.contracts.get(symbol)?.volume ?? 0));
  }
}, 60_000);
