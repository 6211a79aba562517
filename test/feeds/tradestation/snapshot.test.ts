import { describe, expect, it } from 'vitest';
import { tradingDay } from '../../../src/core/calendar.js';
import { exposureProfile } from '../../../src/core/exposure.js';
import type { ChainSnapshot } from '../../../src/core/model.js';
import { synthTicker } from '../../../src/core/synth/tickers.js';
import { createApi } from '../../../src/feeds/tradestation/api.js';
import { fetchTradestationChain } from '../../../src/feeds/tradestation/snapshot.js';
import { memoryGate } from '../../../src/io/gate.js';
import type { TradestationFault } from '../../../src/server/tradestation/faults.js';
import type { TradestationOptions } from '../../../src/server/tradestation/start.js';
import { quietCtx } from '../../helpers/ctx.js';
import { standin, WEDNESDAY } from '../../server/tradestation/fixture.js';

const WHOLE = { ticker: 'RUT', days: 5000 };

async function setUp(options: Partial<TradestationOptions> = {}) {
  const server = await standin({ limits: false, quotes: 'exact', ...options });
  const api = createApi({
    apiUrl: server.url,
    tokens: { current: async () => server.token, replace: async () => server.token },
    gateOf: () => memoryGate({ intervalMs: 0 }),
  });
  const ctx = quietCtx();
  const count = (pattern: RegExp): number => server.requests().filter(({ url }) => pattern.test(url)).length;
  return { server, api, ctx, count };
}

/** The market's own book: every listed contract with the volatility it was priced with. */
function planted({ market }: Awaited<ReturnType<typeof standin>>, chain: ChainSnapshot): ChainSnapshot {
  const day = tradingDay('2025-12-17');
  if (!day) throw new Error('no session');
  const ticker = synthTicker('RUT');
  const { listing, openInterest, pricesAt } = ((of) => ({
    listing: of.listing,
    openInterest: of.openInterest,
    pricesAt: of.pricesAt((WEDNESDAY - day.openMs) / 1000),
  }))(market.optionDay(ticker, day));
  const { contracts } = listing;
  return {
    ...{ underlying: 'RUT', asOfMs: pricesAt.atMs, spot: pricesAt.spot, model: 'bsm', contracts, openInterest },
    ...{ bid: pricesAt.bid, ask: pricesAt.ask, iv: pricesAt.iv, last: pricesAt.price, volume: openInterest },
    ...{ source: chain.source, rejected: {}, warnings: [] },
  };
}

describe('a snapshot of the whole chain', () => {
  it("gives the market's own gamma exposure, of both roots, to a millionth", async () => {
    const { server, api, ctx } = await setUp();
    const chain = await fetchTradestationChain(api, { ...WHOLE }, ctx);
    const book = planted(server, chain);
    expect(chain.contracts.length).toBe(book.contracts.length);
    expect(chain).toMatchObject({ underlying: 'RUT', asOfMs: WEDNESDAY, spot: book.spot, rejected: {}, warnings: [] });
    expect(new Set(chain.contracts.expiries.map(({ root }) => root))).toEqual(new Set(['RUT', 'RUTW']));
    const { rate, dividendYield } = synthTicker('RUT');
    const carry = { rate, dividendYield };
    const ours = exposureProfile(chain, { ...carry, iv: 'solve' });
    const theirs = exposureProfile(book, { ...carry, iv: 'chain' });
    for (const figure of ['netGex', 'callGex', 'putGex', 'absGex', 'dexDealer'] as const) {
      expect(ours.totals[figure] / theirs.totals[figure], figure).toBeCloseTo(1, 6);
    }
    expect(theirs.curve.zeroGamma).toBeGreaterThan(0);
    expect(ours.curve.zeroGamma).toBeCloseTo(theirs.curve.zeroGamma, 3);
  });

  it('takes a request for each expiry and each hundred contracts, and four more', async () => {
    const { api, ctx, count } = await setUp();
    const { contracts } = await fetchTradestationChain(api, { ticker: 'HEALTH', days: 5000 }, ctx);
    expect(count(/\/options\/expirations\//)).toBe(1);
    expect(count(/\/options\/strikes\//)).toBe(contracts.expiries.length);
    expect(count(/\/symbols\//)).toBe(1);
    expect(count(/\/quotes\//)).toBe(2 + Math.ceil(contracts.length / 100));
  });
});

describe('a part of the chain', () => {
  it('has the next dates, of every root, and the strikes within the distance', async () => {
    const { api, ctx } = await setUp();
    const chain = await fetchTradestationChain(api, { ...WHOLE, expirations: 3, strikeDistance: 50 }, ctx);
    const { expiries, strike, length } = chain.contracts;
    expect(expiries.map(({ root, label }) => `${root} ${label}`).sort()).toEqual([
      ...['RUT 2025-12-19', 'RUTW 2025-12-17', 'RUTW 2025-12-18', 'RUTW 2025-12-19'],
    ]);
    expect(length).toBeGreaterThan(50);
    expect(strike.every((one) => Math.abs(one - chain.spot) <= 50)).toBe(true);
  });

  it('has the dates within the days asked for; where there are none that is missing', async () => {
    const { api, ctx } = await setUp();
    const { contracts } = await fetchTradestationChain(api, { ticker: 'RUT', days: 5, strikeDistance: 20 }, ctx);
    expect(
      contracts.expiries
        .map(({ label }) => label)
        .sort()
        .at(-1),
    ).toBe('2025-12-22');
    await expect(fetchTradestationChain(api, { ticker: 'HEALTH', days: 0 }, ctx)).rejects.toMatchObject({
      ...{ kind: 'missing', message: expect.stringContaining('no options that expire within 0 days of HEALTH') },
    });
  });
});

describe('a vendor in trouble', () => {
  const withFault = (fault: TradestationFault) => setUp({ tickers: ['HEALTH'], faults: [fault] });
  const near = { ticker: 'HEALTH', days: 30, strikeDistance: 5 };

  it('marks delayed quotes in a warning', async () => {
    const { api, ctx } = await withFault({ delayed: true });
    expect((await fetchTradestationChain(api, near, ctx)).warnings).toContain(
      'TradeStation marks its quotes as delayed',
    );
  });

  it('without open interest the contracts are there with an unknown one', async () => {
    const { api, ctx } = await withFault({ missingOI: true });
    const { openInterest } = await fetchTradestationChain(api, near, ctx);
    expect(openInterest.length).toBeGreaterThan(4);
    expect(openInterest.every(Number.isNaN)).toBe(true);
  });

  it('names a ticker it does not have', async () => {
    const { api, ctx } = await setUp();
    await expect(fetchTradestationChain(api, { ticker: 'NOPE', days: 30 }, ctx)).rejects.toMatchObject({
      ...{ kind: 'missing', message: expect.stringMatching(/no quote of NOPE \(.*INVALID SYMBOL.*check the ticker/) },
    });
  });
});
