import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { conversionOf } from '../../src/server/conversion.js';
import { expiryWindow, usualExpiries } from '../../src/server/expiries.js';
import { Library } from '../../src/server/library.js';
import { openStore } from '../../src/stores/sql/open.js';
import { addFiles, archiveOf, bearer, DATE, fixtureF, SAMPLES, serve } from './fixture.js';

const DAY_MS = 86_400_000;

/** A stored chain with an expiry on each of the dates. */
function chainDocument(ticker: string, dates: readonly string[]): string {
  return JSON.stringify({
    schema: 'gex-chain/1',
    underlying: ticker,
    asOf: '2026-04-29T20:00:00Z',
    spot: 100,
    contracts: dates.map((expiry) => ({ expiry, right: 'C', strike: 100, bid: 1, ask: 2, openInterest: 1 })),
  });
}

describe('/options/{ticker}/expiries', () => {
  it('has four keys and a window of 90 days from today in New York (check 28)', async () => {
    const server = await serve();
    const { status, json } = await server.get('/v2/options/spx/expiries', bearer());
    expect([status, Object.keys(json)]).toEqual([200, ['ticker', 'start_date', 'end_date', 'expiries']]);
    expect(json.ticker).toBe('SPX');
    expect(Date.parse(json.end_date) - Date.parse(json.start_date)).toBe(90 * DAY_MS);
    expect(json.expiries.length).toBeGreaterThan(20);
    expect(json.expiries).toEqual([...new Set(json.expiries)].sort());
    for (const date of json.expiries) {
      expect(date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
      expect(date >= json.start_date && date <= json.end_date).toBe(true);
    }
  });

  it('are daily near by where the vendor has them daily, else Fridays, holidays moved to the session before', () => {
    const window = expiryWindow(Date.parse('2026-03-23T16:00:00Z'));
    expect(window).toEqual({ start: '2026-03-23', end: '2026-06-21' });
    // Good Friday is 2026-04-03, Juneteenth 2026-06-19: sessions of the day before take their expiries.
    const fridays = ['2026-03-27', '2026-04-02', '2026-04-10', '2026-04-17', '2026-04-24', '2026-05-01', '2026-05-08'];
    expect(usualExpiries('AAPL', window)).toEqual([...fridays, '2026-05-15', '2026-06-18']);
    const daily = usualExpiries('SPY', window);
    expect(daily.slice(0, 10)).toEqual(
      '23 24 25 26 27 30 31'
        .split(' ')
        .map((day) => `2026-03-${day}`)
        .concat('2026-04-01', '2026-04-02', '2026-04-06'),
    );
    expect(usualExpiries('VIX', window).slice(0, 2)).toEqual(['2026-03-25', '2026-04-01']);
  });

  it('the date is that of New York, not of UTC', () => {
    expect(expiryWindow(Date.parse('2026-03-24T02:00:00Z')).start).toBe('2026-03-23');
  });

  it('are those of the newest stored chain where there is one, also for a ticker of our own', async () => {
    const root = await fixtureF();
    const today = expiryWindow(Date.now()).start;
    const ahead = (days: number): string => new Date(Date.parse(today) + days * DAY_MS).toISOString().slice(0, 10);
    const store = await openStore(join(root, 'gex.db'));
    for (const underlying of ['SPX', 'DEMO']) {
      await store.chains.insert({
        ...{ underlying, asOfMs: Date.now(), source: { kind: 'synth', name: 'test' }, spot: 100, contracts: 3 },
        ...{ rate: 0, dividendYield: 0, model: 'bsm' },
        document: chainDocument(underlying, [ahead(40), ahead(3), ahead(200)]),
      });
    }
    await store.close();
    const server = await serve({ root });
    for (const ticker of ['SPX', 'DEMO']) {
      const { json } = await server.get(`/options/${ticker}/expiries`, bearer());
      expect(json.expiries).toEqual([ahead(3), ahead(40)]);
    }
  });

  it.each([
    ['/options/ES_SPX/expiries', 400, /ask for the index behind it/],
    ['/options/NDXP/expiries', 404, /^No expiries known of NDXP/],
    ['/options/ZZZZ/expiries', 404, /^No expiries known of ZZZZ/],
  ])('%s is a %i', async (path, status, message) => {
    const server = await serve();
    const answer = await server.get(path, bearer());
    expect([answer.status, answer.json.error]).toEqual([status, expect.stringMatching(message)]);
    expect((await server.get(path)).status).toBe(400);
  });
});

describe('/futures/conversion', () => {
  it('takes the basis from loaded records of both tickers at one instant', async () => {
    const root = await fixtureF();
    const future = SAMPLES.gex.replace('7138.55', '7178.169786804');
    await addFiles(root, { [`${DATE}/ES_SPX/classic/gex_full.jsonl`]: `${future}\n` });
    const server = await serve({ root });
    const { status, text } = await server.get('/v2/futures/conversion?ticker=SPX&future=ES', bearer());
    expect([status, text]).toEqual([200, '{"future_contract":"ESM6","multiplier":1,"additive":39.619786804}']);
  });

  it('without both tickers loaded adds nothing', async () => {
    const server = await serve();
    const { json } = await server.get('/futures/conversion?ticker=qqq&future=nq', bearer());
    expect(json).toEqual({ future_contract: 'NQM6', multiplier: 41, additive: 0 });
  });

  it.each([
    ['ticker=SPX&future=NQ', /^No conversion from SPX to NQ; there are SPX or SPY to ES, /],
    ['ticker=AAPL&future=ES', /^No conversion from AAPL to ES/],
    ['ticker=SPX', /^parameter "future" in query/],
    ['future=ES', /^parameter "ticker" in query/],
  ])('%s is a 400 that says why', async (query, message) => {
    const server = await serve();
    const answer = await server.get(`/futures/conversion?${query}`, bearer());
    expect([answer.status, answer.json.error]).toEqual([400, expect.stringMatching(message)]);
  });

  it.each([
    ['2026-08-20', 'SPX', 'ES', 'ESU6'],
    ['2026-09-09', 'SPY', 'ES', 'ESU6'],
    ['2026-09-10', 'SPX', 'ES', 'ESZ6'],
    ['2026-12-11', 'NDX', 'NQ', 'NQH7'],
    ['2026-04-28', 'GLD', 'GC', 'GCM6'],
    ['2026-11-21', 'USO', 'CL', 'CLF7'],
    ['2026-01-05', 'DIA', 'YM', 'YMH6'],
    ['2026-01-05', 'IWM', 'RTY', 'RTYH6'],
  ])('on %s the contract of %s to %s in front is %s', async (date, ticker, future, contract) => {
    expect(
      (await conversionOf(ticker, future, new Library({ date, held: [date], missing: [] }, []))).future_contract,
    ).toBe(contract);
  });
});

describe('the rest of the vendor', () => {
  it('/whoami masks the key and needs one', async () => {
    const server = await serve();
    const { status, json } = await server.get('/v2/whoami', bearer('gexbot_custom_secret'));
    expect([status, json.key]).toEqual([200, 'gexb****']);
    expect(json.levels).toContain('quant');
    expect((await server.get('/whoami')).status).toBe(400);
  });

  it('/research is a 501 that says why', async () => {
    const server = await serve({ root: await archiveOf({ [`${DATE}/SPX/classic/gex_full.jsonl`]: SAMPLES.gex }) });
    const answer = await server.get('/v2/research/SPX/gamma_flip?format=json');
    expect([answer.status, answer.json.error]).toEqual([
      501,
      expect.stringMatching(/gamma_flip of SPX .* vendor only/),
    ]);
  });
});
