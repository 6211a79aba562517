import { expect, test } from 'vitest';
import { newYorkInstant } from '../../src/core/calendar.js';
import { priceBook } from '../../src/core/chainvol.js';
import { exposureProfile, exposureProfileOf } from '../../src/core/exposure.js';
import type { ChainSnapshot } from '../../src/core/model.js';
import { sessionOf, snapshotOf, syntheticChain } from '../../src/core/synth/chain.js';
import { startSession } from '../../src/core/synth/session.js';
import { synthTicker } from '../../src/core/synth/tickers.js';
import { createPublisher } from '../../src/jobs/publish.js';
import { CATEGORIES } from '../../src/wire/catalogue.js';
import { onWire } from '../../src/wire/decimal.js';

const DATE = '2026-08-19';

interface GexJson {
  timestamp: number;
  min_dte: number;
  sec_min_dte: number;
  spot: number;
  zero_gamma: number;
  major_pos_vol: number;
  major_neg_vol: number;
  strikes: [number, number, number, number[]][];
  sum_gex_vol: number;
  sum_gex_oi: number;
  max_priors: [number, number][];
}

interface GreekJson {
  major_positive: number;
  mini_contracts: [number, number, number, number, number[], null, null][];
}

/** The records of a publisher by `package/category`. */
function recordsOf(lines: readonly Uint8Array[]): Map<string, unknown> {
  return new Map(
    CATEGORIES.map((row, i) => [`${row.package}/${row.category}`, JSON.parse(Buffer.from(lines[i] ?? []).toString())]),
  );
}

/** The part of a chain whose expiries pass a test, so that the engine sees nothing else. */
function only(chain: ChainSnapshot, keep: (label: string, days: number) => boolean): ChainSnapshot {
  const { contracts } = chain;
  const rows = Array.from(contracts.strike.keys()).filter((row) => {
    const label = contracts.expiries[contracts.expiry[row] ?? 0]?.label ?? '';
    return keep(label, (Date.parse(label) - Date.parse(DATE)) / 86_400_000);
  });
  const column = (values: Float64Array) => Float64Array.from(rows, (row) => values[row] ?? Number.NaN);
  return {
    ...chain,
    contracts: {
      ...contracts,
      length: rows.length,
      symbol: rows.map((row) => contracts.symbol[row] ?? ''),
      strike: column(contracts.strike),
      multiplier: column(contracts.multiplier),
      side: Int8Array.from(rows, (row) => contracts.side[row] ?? 0),
      expiry: Uint16Array.from(rows, (row) => contracts.expiry[row] ?? 0),
    },
    ...{ bid: column(chain.bid), ask: column(chain.ask), last: column(chain.last), iv: column(chain.iv) },
    ...{ openInterest: column(chain.openInterest), volume: column(chain.volume) },
    dealerPosition: column(chain.dealerPosition ?? new Float64Array(0)),
  };
}

test.each([
  ['SPX', 9, 31],
  ['SPX', 13, 5],
  ['SPX', 15, 57],
  ['TECH', 11, 0],
  ['NDX', 15, 20],
])('%s at %i:%i: records hold what the engine computes of the same snapshot', (ticker, hour, minute) => {
  const chain = syntheticChain({ ticker, seed: 12, atMs: newYorkInstant(DATE, hour, minute) });
  const records = recordsOf(createPublisher(ticker, { iv: 'chain' }).publish(chain));
  const dates = [...new Set(chain.contracts.expiries.map((expiry) => expiry.label))];
  const sets = {
    full: only(chain, (_, days) => days <= 90),
    zero: only(chain, (label) => label === dates[0]),
    one: only(chain, (label) => label === dates[1]),
  };
  for (const [name, part] of Object.entries(sets)) {
    const classic = records.get(`classic/gex_${name}`) as GexJson;
    const profile = exposureProfile(part, { preset: 'gexbot', iv: 'chain' });
    const strikes = new Map(classic.strikes.map(([strike, ...values]) => [strike, values]));
    for (const row of profile.byStrike) {
      const [byVolume = 0, byOpenInterest = 0] = strikes.get(row.strike) ?? [];
      expect(Math.abs((byVolume as number) - row.netGexVolume / 1e6)).toBeLessThan(0.00501);
      expect(Math.abs((byOpenInterest as number) - row.netGexOpenInterest / 1e6)).toBeLessThan(0.00501);
    }
    expect(Math.abs(classic.sum_gex_vol - profile.totals.netGexVolume / 1e6)).toBeLessThan(0.000501);
    expect(Math.abs(classic.sum_gex_oi - profile.totals.netGexOpenInterest / 1e6)).toBeLessThan(0.000501);
    expect(classic.zero_gamma).toBe(onWire(profile.curve.zeroGamma, 2));
    const largest = [...profile.byStrike].sort((a, b) => b.netGexVolume - a.netGexVolume);
    expect(classic.major_pos_vol).toBe(largest[0]?.strike);
    expect(classic.major_neg_vol).toBe(largest.at(-1)?.strike);
    const inventory = exposureProfile(part, { sign: 'per-contract', iv: 'chain' });
    const state = records.get(`state/gex_${name}`) as GexJson;
    expect(Math.abs(state.sum_gex_vol - inventory.totals.netGex / 1e6)).toBeLessThan(0.000501);
    expect([state.zero_gamma, state.sum_gex_oi]).toEqual([0, 0]);
    if (name === 'full') continue;
    const totals = { delta: 'dexDealer', gamma: 'netGex', vanna: 'vexDealer', charm: 'chexDealer' } as const;
    for (const [greek, key] of Object.entries(totals)) {
      const ladder = records.get(`state/${greek}_${name}`) as GreekJson;
      const byStrike = new Map(inventory.byStrike.map((row) => [row.strike, row[key]]));
      for (const [strike, , , value] of ladder.mini_contracts) {
        expect(Math.abs(value - (byStrike.get(strike) ?? Number.NaN) / 1e6)).toBeLessThan(0.00501);
      }
    }
  }
});

test('the priors of a ladder are what the record of that minute said, and max_priors the largest change since', () => {
  const session = startSession({ ticker: synthTicker('SYNTH'), day: sessionOf(DATE), seed: 3, model: 'gbm' });
  const publisher = createPublisher('SYNTH', { iv: 'chain' });
  const full: GexJson[] = [];
  const gamma: GreekJson[] = [];
  for (;;) {
    const records = recordsOf(publisher.publish(snapshotOf(session)));
    full.push(records.get('classic/gex_full') as GexJson);
    gamma.push(records.get('state/gamma_zero') as GreekJson);
    if (session.second >= 40 * 60) break;
    for (let i = 0; i < 20; i++) session.advance();
  }
  const last = full.length - 1;
  const now = full[last] as GexJson;
  const valueAt = (record: GexJson | undefined, strike: number) =>
    record?.strikes.find((row) => row[0] === strike)?.[1] ?? 0;
  for (const [p, minutes] of [1, 5, 10, 15, 30].entries()) {
    const then = full[last - minutes * 3];
    for (const [strike, , , priors] of now.strikes) expect(priors[p]).toBe(valueAt(then, strike));
    const changes = now.strikes.map(([strike, value]) => Math.abs(value - valueAt(then, strike)));
    const [strike = 0, change = 0] = now.max_priors[p + 1] ?? [];
    expect(Math.abs(Math.abs(change) - Math.max(...changes))).toBeLessThan(0.0101);
    expect(Math.abs(change - (valueAt(now, strike) - valueAt(then, strike)))).toBeLessThan(0.0101);
  }
  const [strike = 0, change = 0] = now.max_priors[0] ?? [];
  expect(Math.abs(change - (valueAt(now, strike) - valueAt(full[last - 1], strike)))).toBeLessThan(0.0101);
  for (const [row, tuple] of (gamma[last]?.mini_contracts ?? []).entries()) {
    expect(tuple).toHaveLength(7);
    for (const [p, minutes] of [1, 5, 10].entries()) {
      expect(tuple[4][p]).toBe(gamma[last - minutes * 3]?.mini_contracts[row]?.[3]);
    }
  }
  expect(full[0]?.strikes.every((row) => row[3].every((prior) => prior === 0))).toBe(true);
});

test('the memory of a publisher shows in priors and flows only', () => {
  const session = startSession({ ticker: synthTicker('SYNTH'), day: sessionOf(DATE), seed: 4, model: 'gbm' });
  const publisher = createPublisher('SYNTH', { iv: 'chain' });
  for (let i = 0; i < 90; i++) {
    publisher.publish(snapshotOf(session));
    session.advance();
  }
  const chain = snapshotOf(session);
  const seasoned = recordsOf(publisher.publish(chain));
  const fresh = recordsOf(createPublisher('SYNTH', { iv: 'chain' }).publish(chain));
  for (const [name, record] of seasoned) {
    if (!name.includes('gex_')) continue;
    const { strikes, max_priors: _, ...rest } = record as GexJson;
    const { strikes: freshStrikes, max_priors: __, ...freshRest } = fresh.get(name) as GexJson;
    expect(rest).toEqual(freshRest);
    expect(strikes.map((row) => row.slice(0, 3))).toEqual(freshStrikes.map((row) => row.slice(0, 3)));
  }
  const flows = (records: Map<string, unknown>) => records.get('orderflow/orderflow') as Record<string, number>;
  expect(flows(fresh).dexoflow).toBe(0);
  expect(flows(fresh).agg_dex).toBe(flows(seasoned).agg_dex);
  expect(Object.keys(flows(fresh))).toHaveLength(37);
});

test('what a contract had traded before it was first heard of is no flow, neither in sum nor in the ratio', () => {
  const chain = syntheticChain({ ticker: 'HEALTH', seed: 5, atMs: newYorkInstant(DATE, 11, 0) });
  const away = (i: number): number => Math.abs((chain.contracts.strike[i] as number) - chain.spot);
  const row = [...chain.contracts.strike.keys()].reduce((near, i) => (away(i) < away(near) ? i : near));
  const at = (volume: number, position: number, minute: number): ChainSnapshot => ({
    ...{ ...chain, asOfMs: chain.asOfMs + minute * 60_000 },
    volume: chain.volume.with(row, volume),
    dealerPosition: (chain.dealerPosition as Float64Array).with(row, position),
  });
  const publisher = createPublisher('HEALTH', { iv: 'chain' });
  publisher.publish(at(Number.NaN, 0, 0));
  const flowOf = (next: ChainSnapshot) =>
    recordsOf(publisher.publish(next)).get('orderflow/orderflow') as Record<string, number>;
  expect(flowOf(at(500, -400, 1))).toMatchObject({ dexoflow: 0, gexoflow: 0, cvroflow: 0 });
  expect(flowOf(at(900, -800, 2))).toMatchObject({ cvroflow: 1 });
});

test('a chain without dealers positions has zeros in state, and its classic records all the same', () => {
  const chain = syntheticChain({ ticker: 'SPX', seed: 2, date: DATE });
  const { dealerPosition: _, ...anonymous } = chain;
  const whole = recordsOf(createPublisher('SPX', { iv: 'chain' }).publish(chain));
  const bare = recordsOf(createPublisher('SPX', { iv: 'chain' }).publish(anonymous));
  expect(bare.get('classic/gex_full')).toEqual(whole.get('classic/gex_full'));
  const state = bare.get('state/gex_full') as GexJson;
  expect(state.strikes).toEqual([]);
  expect(state.sum_gex_vol).toBe(0);
  expect((whole.get('state/gex_full') as GexJson).strikes.length).toBeGreaterThan(50);
});

test('the nearest expiry and the next are told apart by date, in calendar days', () => {
  const friday = syntheticChain({ ticker: 'SPX', seed: 2, date: '2026-08-21' });
  const record = recordsOf(createPublisher('SPX', { iv: 'chain' }).publish(friday)).get('classic/gex_zero') as GexJson;
  expect([record.min_dte, record.sec_min_dte]).toEqual([0, 3]);
  const weekly = syntheticChain({ ticker: 'TECH', seed: 2, date: DATE });
  const next = recordsOf(createPublisher('TECH', { iv: 'chain' }).publish(weekly)).get('classic/gex_one') as GexJson;
  expect([next.min_dte, next.sec_min_dte]).toEqual([2, 9]);
});

/** The first `length` contracts of a chain. */
function firstRows(chain: ChainSnapshot, length: number, contracts: ChainSnapshot['contracts']): ChainSnapshot {
  const cut = (values: Float64Array) => values.subarray(0, length);
  return {
    ...{ ...chain, contracts, bid: cut(chain.bid), ask: cut(chain.ask), last: cut(chain.last), iv: cut(chain.iv) },
    ...{ openInterest: cut(chain.openInterest), volume: cut(chain.volume) },
    dealerPosition: cut(chain.dealerPosition ?? new Float64Array(0)),
  };
}

test('contracts that are added in mid-session give the same ladders as if they had been there from the start', () => {
  const whole = syntheticChain({ ticker: 'HEALTH', seed: 5, atMs: newYorkInstant(DATE, 11, 0) });
  // In another order than by strike, so that what is added stands among the strikes there are.
  const order = Array.from(whole.contracts.strike.keys()).sort(
    (a, b) => ((a * 7919) % 104_729) - ((b * 7919) % 104_729),
  );
  const column = (values: Float64Array) => Float64Array.from(order, (row) => values[row] as number);
  const { contracts: table } = whole;
  const contracts = {
    ...table,
    ...{ strike: column(table.strike), multiplier: column(table.multiplier) },
    symbol: order.map((row) => table.symbol[row] as string),
    side: Int8Array.from(order, (row) => table.side[row] as number),
    expiry: Uint16Array.from(order, (row) => table.expiry[row] as number),
  };
  const few = Math.floor(table.length / 2);
  const early = {
    ...contracts,
    ...{ length: few, symbol: contracts.symbol.slice(0, few), strike: contracts.strike.subarray(0, few) },
    ...{ side: contracts.side.subarray(0, few), expiry: contracts.expiry.subarray(0, few) },
    multiplier: contracts.multiplier.subarray(0, few),
  };
  const grows = createPublisher('HEALTH', { iv: 'chain' });
  const complete = createPublisher('HEALTH', { iv: 'chain' });
  let compared = 0;
  for (let minute = 0; minute <= 40; minute++) {
    const added = minute >= 20;
    const scaled = (values: Float64Array, by: number) => column(values).map((value) => Math.round(value * by));
    const chain: ChainSnapshot = {
      ...{ ...whole, contracts, asOfMs: whole.asOfMs + minute * 60_000 },
      ...{ bid: column(whole.bid), ask: column(whole.ask), last: column(whole.last), iv: column(whole.iv) },
      openInterest: column(whole.openInterest),
      volume: scaled(whole.volume, 1 + minute / 10),
      dealerPosition: scaled(whole.dealerPosition as Float64Array, 1 - minute / 15),
    };
    // Contracts that are listed and not heard of yet: everything about them is unknown.
    if (!added) {
      for (const values of [chain.bid, chain.ask, chain.iv, chain.openInterest, chain.volume]) {
        values.fill(Number.NaN, few);
      }
      chain.dealerPosition?.fill(0, few);
    }
    const grown = grows.publish(added ? chain : firstRows(chain, few, early)).map((line) => Buffer.from(line));
    const expected = complete.publish(chain).map((line) => Buffer.from(line));
    // Before, the smaller table lacks the empty rungs of strikes that are not there yet.
    if (!added) continue;
    for (const [i, line] of grown.entries()) expect(line.toString()).toBe(expected[i]?.toString());
    compared += grown.length;
  }
  expect(compared).toBe(21 * CATEGORIES.length);
});

test.each([{ iv: 'solve' }, { iv: 'chain' }, { iv: 'solve', rate: 0.031 }] as const)(
  'a book that is priced already gives the bytes of its chain, and keeps its own figures: %o',
  (convention) => {
    const chains = [30, 31, 32].map((minute) =>
      syntheticChain({ ticker: 'SPX', seed: 12, atMs: newYorkInstant(DATE, 11, minute) }),
    );
    const pricing = createPublisher('SPX', convention);
    const given = createPublisher('SPX', convention);
    for (const chain of chains) {
      const book = priceBook(chain, convention);
      const lines = given.publishBook(book).map((line) => Buffer.from(line).toString());
      expect(lines).toEqual(pricing.publish(chain).map((line) => Buffer.from(line).toString()));
      expect(exposureProfileOf(book)).toEqual(exposureProfileOf(priceBook(chain, convention)));
    }
  },
);
