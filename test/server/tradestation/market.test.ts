import { describe, expect, it } from 'vitest';
import { newYorkInstant } from '../../../src/core/calendar.js';
import { priceBook } from '../../../src/core/chainvol.js';
import { exposureProfileOf } from '../../../src/core/exposure.js';
import { impliedVolatility } from '../../../src/core/impliedvol.js';
import { yearsBetween } from '../../../src/core/settlement.js';
import { sessionOf, syntheticChain } from '../../../src/core/synth/chain.js';
import { synthTicker } from '../../../src/core/synth/tickers.js';
import { defaultStart } from '../../../src/server/tradestation/start.js';
import { type Json, type Standin, standin, WEDNESDAY } from './fixture.js';

const MARKET = '/v3/marketdata';

/** Quotes of every contract of the planted chain, a hundred at a time. */
async function quotesOf(server: Standin, symbols: readonly string[]): Promise<Json[]> {
  const quotes: Json[] = [];
  for (let i = 0; i < symbols.length; i += 100) {
    const part = symbols
      .slice(i, i + 100)
      .map(encodeURIComponent)
      .join(',');
    quotes.push(...(await server.json<{ Quotes: Json[] }>(`${MARKET}/quotes/${part}`)).Quotes);
  }
  return quotes;
}

describe('the planted market', () => {
  it('comes back out of exact quotes: every volatility, and GEX of the whole chain', async () => {
    const server = await standin({ quotes: 'exact' });
    const ticker = synthTicker('RUT');
    const planted = server.market.plantedChain(ticker, WEDNESDAY);
    const { contracts, spot, asOfMs } = planted;
    const symbols = server.market.optionDay(ticker, sessionOf('2025-12-17')).symbols;
    const quotes = await quotesOf(server, symbols);
    expect(quotes.map((quote) => quote.Symbol)).toEqual(symbols);
    const column = (name: string) => Float64Array.from(quotes, (quote) => Number(quote[name]));
    const [bid, ask, openInterest] = [column('Bid'), column('Ask'), column('DailyOpenInterest')];
    expect(openInterest).toEqual(planted.openInterest);
    let recovered = 0;
    for (let row = 0; row < contracts.length; row++) {
      const right = contracts.side[row] === 1 ? 'C' : 'P';
      const strike = contracts.strike[row] as number;
      // In the money the price is nearly all intrinsic value: there the other right tells the volatility.
      if (right === 'C' ? strike < spot : strike > spot) continue;
      const years = yearsBetween(asOfMs, contracts.expiries[contracts.expiry[row] as number]?.expiryMs ?? 0);
      const price = ((bid[row] as number) + (ask[row] as number)) / 2;
      const { volatility, status } = impliedVolatility({
        right,
        price,
        spot,
        strike,
        years,
        rate: 0.04,
        dividendYield: 0.012,
      });
      if (status !== 'ok') continue;
      recovered += 1;
      expect(Math.abs(volatility / (planted.iv[row] as number) - 1), symbols[row] ?? '').toBeLessThan(1e-6);
    }
    expect(recovered).toBeGreaterThan(0.45 * contracts.length);
    const spotQuote = (await server.json<{ Quotes: Json[] }>(`${MARKET}/quotes/%24RUT.X`)).Quotes[0];
    const { iv: _, ...rest } = planted;
    const client = {
      ...rest,
      bid,
      ask,
      openInterest,
      spot: Number(spotQuote?.Last),
      iv: new Float64Array(bid.length).fill(Number.NaN),
    };
    const net = (chain: typeof planted, iv: 'chain' | 'solve'): number =>
      exposureProfileOf(priceBook(chain, { iv }), { levels: 0 }).totals.netGexOpenInterest;
    expect(net(client, 'solve') / net(planted, 'chain') - 1).toBeCloseTo(0, 6);
  });

  it('is the chain gex compute makes from the same seed', async () => {
    const server = await standin();
    const planted = server.market.plantedChain(synthTicker('HEALTH'), WEDNESDAY);
    const chain = syntheticChain({ ticker: 'HEALTH', seed: 7, atMs: WEDNESDAY });
    for (const name of ['iv', 'bid', 'ask', 'openInterest', 'volume'] as const)
      expect(planted[name]).toEqual(chain[name]);
    expect(planted.spot).toBe(chain.spot);
  });

  it('answers the same bytes from the same seed and instant, others from another seed', async () => {
    const symbols = 'HEALTH,HEALTH%20251219C180,%24RUT.X';
    const run = async (seed: number): Promise<string> => {
      const server = await standin({ seed, quirks: true });
      const reader = await server.stream(`${MARKET}/stream/quotes/${symbols}`);
      await server.advance(20_000);
      server.setFaults([{ goAway: 'error' }]);
      await server.advance(0);
      await reader.ended;
      return reader.text;
    };
    const first = await run(7);
    expect(await run(7)).toBe(first);
    expect(await run(8)).not.toBe(first);
  });

  it('keeps 16:00 New York over a change of clocks', async () => {
    const server = await standin({ startMs: newYorkInstant('2026-03-09', 18, 0) });
    const { Bars } = await server.json<{ Bars: Json[] }>(`${MARKET}/barcharts/HEALTH?unit=Daily&barsback=2`);
    expect(Bars.map((bar) => bar.TimeStamp)).toEqual(['2026-03-06T21:00:00Z', '2026-03-09T20:00:00Z']);
  });
});

describe('the clock', () => {
  it('is set, advanced, run and stopped over HTTP', async () => {
    const server = await standin();
    expect(await server.control('/__ctl/clock')).toMatchObject({ mode: 'manual', now: '2025-12-17T15:00:00.000Z' });
    const body = { set: '2025-12-18T15:00:00Z', advance: 90_000, step: 30_000 };
    expect(await server.control('/__ctl/clock', body)).toMatchObject({
      now: '2025-12-18T15:01:30.000Z',
      serviceMs: 90_000,
    });
    expect(await server.control('/__ctl/clock', { pause: true })).toMatchObject({ mode: 'paused' });
    expect(await server.control('/__ctl/clock', { speed: 600 })).toMatchObject({ mode: 'running', speed: 600 });
    const refused = await fetch(`${server.url}/__ctl/clock`, { method: 'POST', body: '{"speed":-1}' });
    expect(refused.status).toBe(400);
  });

  it('starts now in a session, else a minute before the last open', () => {
    expect(defaultStart(WEDNESDAY)).toBe(WEDNESDAY);
    expect(defaultStart(newYorkInstant('2025-12-21', 12, 0))).toBe(newYorkInstant('2025-12-19', 9, 29));
  });
});

describe('quotas', () => {
  it('are counted by resource, told in headers, refused with 429 and replenished', async () => {
    const server = await standin();
    const path = `${MARKET}/options/spreadtypes`;
    const statuses = new Set<number>();
    for (let i = 0; i < 90; i++) statuses.add((await server.get(path)).status);
    expect(statuses).toEqual(new Set([200]));
    const refused = await server.get(path);
    expect([refused.status, refused.headers.get('x-ratelimit-remaining')]).toEqual([429, '0']);
    expect(refused.headers.get('x-ratelimit-reset')).toBe('60');
    expect((await server.get(`${MARKET}/quotes/HEALTH`)).status).toBe(200);
    await server.advance(1000);
    expect((await server.get(path)).status).toBe(200);
  });
});
