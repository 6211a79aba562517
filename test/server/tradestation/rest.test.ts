import { describe, expect, it } from 'vitest';
import { newYorkInstant } from '../../../src/core/calendar.js';
import { type Json, standin, WEDNESDAY } from './fixture.js';

interface Bars {
  readonly Bars: readonly (Json & { readonly TimeStamp: string; readonly Open: string; readonly BarStatus: string })[];
}
const MARKET = '/v3/marketdata';
const OPTION = 'HEALTH 251219C180';

describe('quotes', () => {
  it('have strings for numbers, blanks where nothing applies, and errors beside good symbols', async () => {
    const server = await standin();
    const answer = await server.json<{ Quotes: Json[]; Errors: Json[] }>(
      `${MARKET}/quotes/health,%24RUT.X,${encodeURIComponent(OPTION)},NOPE`,
    );
    expect(answer.Errors).toEqual([{ Symbol: 'NOPE', Error: 'FAILED, INVALID SYMBOL' }]);
    expect(answer.Quotes.map((row) => row.Symbol)).toEqual(['HEALTH', '$RUT.X', OPTION]);
    for (const quote of answer.Quotes) {
      for (const [name, value] of Object.entries(quote)) {
        if (name !== 'Restrictions' && name !== 'MarketFlags') expect(value, name).toBeTypeOf('string');
      }
      expect(quote.MinPrice).toBe('');
      expect(quote.TradeTime).toMatch(/^2025-12-17T1[45]:\d\d:\d\dZ$/);
      expect(quote).not.toHaveProperty('TimeStamp');
      expect(quote.MarketFlags).toEqual({ IsDelayed: false, IsHardToBorrow: false, IsBats: false, IsHalted: false });
    }
    const [stock, , option] = answer.Quotes as [Json, Json, Json];
    expect(stock.DailyOpenInterest).toBe('0');
    expect(Number(option.DailyOpenInterest)).toBeGreaterThan(0);
    expect(Number(option.Bid)).toBeLessThan(Number(option.Ask));
    const percent = 100 * (Number(stock.Last) / Number(stock.PreviousClose) - 1);
    expect(Number(stock.NetChangePct)).toBeCloseTo(percent, 2);
  });

  it('are refused for more than 100 symbols, without token, and with an unknown one', async () => {
    const server = await standin();
    const many = Array.from({ length: 101 }, (_, i) => `S${i}`).join(',');
    const refused = await server.get(`${MARKET}/quotes/${many}`);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toEqual({ Error: 'BadRequest', Message: expect.stringContaining('101') });
    for (const authorization of ['', 'Bearer nobody']) {
      const answer = await server.get(`${MARKET}/quotes/HEALTH`, { authorization });
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ Error: 'Unauthorized' });
    }
  });

  it('stop at URLs of 25,000 bytes, unknown paths and wrong methods', async () => {
    const server = await standin();
    const statusOf = async (path: string, method = 'GET') => (await fetch(server.url + path, { method })).status;
    expect(await statusOf(`${MARKET}/quotes/${'A'.repeat(25_001)}`)).toBe(414);
    expect(await statusOf('/v3/marketdata/symbols/search?search=SPY')).toBe(401);
    expect(await statusOf('/v3/marketdata/marketdepth/quotes/SPY')).toBe(404);
    expect(await statusOf(`${MARKET}/quotes/HEALTH`, 'POST')).toBe(405);
  });
});

describe('bars', () => {
  const minutes = `${MARKET}/barcharts/HEALTH?unit=Minute&interval=1`;

  it('are stamped at their end, in order, and the last closed one ends the history', async () => {
    const server = await standin({ startMs: WEDNESDAY + 20_000 });
    const { Bars } = await server.json<Bars>(`${minutes}&barsback=3`);
    expect(Bars.map(({ TimeStamp, BarStatus }) => [TimeStamp, BarStatus])).toEqual([
      ['2025-12-17T14:59:00Z', 'Closed'],
      ['2025-12-17T15:00:00Z', 'Closed'],
      ['2025-12-17T15:01:00Z', 'Open'],
    ]);
    expect(Bars.map(({ IsEndOfHistory, IsRealtime }) => [IsEndOfHistory, IsRealtime])).toEqual([
      [false, false],
      [true, false],
      [false, true],
    ]);
    for (const bar of Bars) {
      expect(bar.Epoch).toBe(Date.parse(bar.TimeStamp));
      expect(Number(bar.TotalVolume)).toBe((bar.UpVolume as number) + (bar.DownVolume as number));
    }
  });

  it('are 390 a day, the first stamped 09:31 and the last 16:00 New York', async () => {
    const server = await standin();
    const { Bars } = await server.json<Bars>(`${minutes}&firstdate=2025-12-16T00:00:00Z&lastdate=2025-12-16T23:00:00Z`);
    expect(Bars).toHaveLength(390);
    expect([Bars[0]?.TimeStamp, Bars[389]?.TimeStamp]).toEqual(['2025-12-16T14:31:00Z', '2025-12-16T21:00:00Z']);
  });

  it('end at 13:00 on half days and do not exist on holidays', async () => {
    const server = await standin();
    const day = async (date: string) => server.get(`${minutes}&firstdate=${date}T05:00:00Z&lastdate=${date}T23:00:00Z`);
    const half = (await (await day('2025-11-28')).json()) as Bars;
    expect(half.Bars).toHaveLength(210);
    expect(half.Bars.at(-1)?.TimeStamp).toBe('2025-11-28T18:00:00Z');
    const holiday = await day('2025-11-27');
    expect(holiday.status).toBe(404);
    expect(await holiday.json()).toEqual({ Error: 'NotFound', Message: 'No data available.' });
  });

  it('outside the session come with a template, for stocks only, with gaps where nothing traded', async () => {
    const server = await standin();
    const window = 'firstdate=2025-12-16T05:00:00Z&lastdate=2025-12-17T02:00:00Z&sessiontemplate=USEQPreAndPost';
    const { Bars } = await server.json<Bars>(`${minutes}&${window}`);
    expect(Bars.length).toBeGreaterThan(600);
    expect(Bars.length).toBeLessThan(960);
    const index = await server.json<Bars>(`${MARKET}/barcharts/%24RUT.X?unit=Minute&${window}`);
    expect(index.Bars).toHaveLength(390);
  });

  it('of an index open the day at the close of yesterday', async () => {
    const server = await standin();
    const { Bars } = await server.json<Bars>(`${MARKET}/barcharts/%24RUT.X?unit=Minute&barsback=400`);
    const first = Bars.findIndex(({ TimeStamp }) => TimeStamp === '2025-12-17T14:31:00Z');
    expect(Bars[first]?.Open).toBe(Bars[first - 1]?.Close);
    expect(Bars[first + 1]?.Open).not.toBe(Bars[first]?.Open);
  });

  it('of days, weeks and months cover each other', async () => {
    const server = await standin({ startMs: newYorkInstant('2025-12-12', 17, 0) });
    const bars = async (query: string) => (await server.json<Bars>(`${MARKET}/barcharts/HEALTH?${query}`)).Bars;
    const days = await bars('unit=Daily&barsback=5');
    const [week] = await bars('unit=Weekly&barsback=1');
    expect(days.map(({ TimeStamp }) => TimeStamp.slice(0, 13))).toEqual(
      ['08', '09', '10', '11', '12'].map((day) => `2025-12-${day}T21`),
    );
    expect(week).toMatchObject({ Open: days[0]?.Open, Close: days[4]?.Close, TimeStamp: '2025-12-12T21:00:00Z' });
    expect((await bars('unit=Monthly&barsback=2')).map(({ BarStatus }) => BarStatus)).toEqual(['Closed', 'Open']);
  });

  it('of a contract add up to its volume', async () => {
    const server = await standin();
    const symbol = encodeURIComponent(OPTION);
    const { Quotes } = await server.json<{ Quotes: Json[] }>(`${MARKET}/quotes/${symbol}`);
    const { Bars } = await server.json<Bars>(
      `${MARKET}/barcharts/${symbol}?unit=Minute&firstdate=2025-12-17T14:30:00Z`,
    );
    const volume = Bars.reduce((sum, { TotalVolume }) => sum + Number(TotalVolume), 0);
    expect(String(volume)).toBe(Quotes[0]?.Volume);
    expect(Bars.at(-1)?.Close).toBe(Quotes[0]?.Last);
  });

  it.each([
    ['barsback=5&firstdate=2025-12-16', 'mutually exclusive'],
    ['lastdate=2025-12-16&startdate=2025-12-16', 'mutually exclusive'],
    ['interval=5', 'interval'],
    ['unit=Minute&interval=1441', 'interval'],
    ['unit=Minute&barsback=57601', 'barsback'],
    ['unit=Hour', 'unit'],
    ['sessiontemplate=Night', 'sessiontemplate'],
    ['firstdate=yesterday', 'firstdate'],
  ])('are refused for %s', async (query, word) => {
    const server = await standin();
    const answer = await server.get(`${MARKET}/barcharts/HEALTH?${query}`);
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as Json).Message).toContain(word);
  });
});

describe('options', () => {
  it('expire at dates at midnight Z and have strikes in arrays of their own', async () => {
    const server = await standin();
    const { Expirations } = await server.json<{ Expirations: Json[] }>(`${MARKET}/options/expirations/HEALTH`);
    expect(Expirations[0]).toEqual({ Date: '2025-12-19T00:00:00Z', Type: 'Monthly' });
    const dates = Expirations.map((row) => row.Date as string);
    expect(dates).toEqual([...dates].sort());
    for (const expiration of ['12-19-2025', '2025-12-19', '2025-12-19T00:00:00Z']) {
      const answer = await server.json<{ SpreadType: string; Strikes: string[][] }>(
        `${MARKET}/options/strikes/HEALTH?expiration=${expiration}`,
      );
      expect(answer.SpreadType).toBe('Single');
      expect(answer.Strikes).toContainEqual(['180']);
    }
    const { Strikes } = await server.json<{ Strikes: string[][] }>(
      `${MARKET}/options/strikes/HEALTH?spreadType=Butterfly&strikeInterval=2`,
    );
    const [a, b, c] = (Strikes[0] ?? []).map(Number) as [number, number, number];
    expect([b - a, c - b]).toEqual([2, 2]);
  });

  it('of an index are told apart by root: the third Friday has both', async () => {
    const server = await standin();
    const dates = async (symbol: string) =>
      (await server.json<{ Expirations: Json[] }>(`${MARKET}/options/expirations/${symbol}`)).Expirations.map(
        (row) => row.Date,
      );
    expect(await dates('%24RUT.X')).toContain('2025-12-19T00:00:00Z');
    expect(await dates('%24RUTW.X')).toContain('2025-12-19T00:00:00Z');
    expect(await dates('%24RUT.X')).not.toContain('2025-12-18T00:00:00Z');
    expect(await dates('%24RUTW.X')).toContain('2025-12-18T00:00:00Z');
    const both = await server.json<{ Quotes: Json[] }>(`${MARKET}/quotes/RUT%20251219C2450,RUTW%20251219C2450`);
    expect(both.Quotes).toHaveLength(2);
    // The evening contract has half a day more to live.
    expect(Number(both.Quotes[0]?.Ask)).toBeLessThan(Number(both.Quotes[1]?.Ask));
  });

  it('have all sixteen spread types', async () => {
    const server = await standin();
    const { SpreadTypes } = await server.json<{ SpreadTypes: Json[] }>(`${MARKET}/options/spreadtypes`);
    expect(SpreadTypes).toHaveLength(16);
    expect(SpreadTypes).toContainEqual({ Name: 'Diagonal', StrikeInterval: true, ExpirationInterval: true });
    expect(SpreadTypes).toContainEqual({ Name: 'Vertical', StrikeInterval: true, ExpirationInterval: false });
  });

  it('give risk and reward of a vertical spread', async () => {
    const server = await standin();
    const legs = [
      { Symbol: OPTION, Quantity: 1, TradeAction: 'BUY' },
      { Symbol: 'HEALTH 251219C182', Quantity: -1, TradeAction: 'SELL' },
    ];
    const ask = async (body: unknown) =>
      fetch(`${server.url}${MARKET}/options/riskreward`, {
        method: 'POST',
        headers: { authorization: `Bearer ${server.token}` },
        body: JSON.stringify(body),
      });
    // The figures of the vendor's own example, moved to these strikes.
    expect(await (await ask({ SpreadPrice: 0.65, Legs: legs })).json()).toEqual({
      ...{ MaxGainIsInfinite: false, AdjustedMaxGain: '135', MaxLossIsInfinite: false, AdjustedMaxLoss: '-65' },
      BreakevenPoints: ['180.65'],
    });
    expect(await (await ask({ SpreadPrice: 2, Legs: legs.slice(0, 1) })).json()).toMatchObject({
      ...{ MaxGainIsInfinite: true, AdjustedMaxLoss: '-200', BreakevenPoints: ['182'] },
    });
    expect((await ask({ SpreadPrice: 1, Legs: [] })).status).toBe(400);
  });

  it('refuse unknown underlyings, dates without expiration and tokens without the scope', async () => {
    const server = await standin({ scopes: ['openid', 'offline_access', 'MarketData'] });
    const denied = await server.get(`${MARKET}/options/expirations/HEALTH`);
    expect(denied.status).toBe(403);
    expect(((await denied.json()) as Json).Message).toContain('OptionSpreads');
    const other = await standin();
    expect((await other.get(`${MARKET}/options/expirations/NOPE`)).status).toBe(400);
    expect((await other.get(`${MARKET}/options/strikes/HEALTH?expiration=12-18-2025`)).status).toBe(400);
    expect((await other.get(`${MARKET}/options/strikes/HEALTH?spreadType=Calendar`)).status).toBe(400);
  });
});

describe('symbols', () => {
  it('have details with the multiplier, and errors beside them', async () => {
    const server = await standin();
    const { Symbols, Errors } = await server.json<{ Symbols: Json[]; Errors: Json[] }>(
      `${MARKET}/symbols/${encodeURIComponent(OPTION)},%24RUT.X,NOPE`,
    );
    expect(Symbols[0]).toMatchObject({
      ...{ AssetType: 'STOCKOPTION', OptionType: 'Call', Root: 'HEALTH', Underlying: 'HEALTH', StrikePrice: '180' },
      ...{ ExpirationDate: '2025-12-19T00:00:00Z', PriceFormat: { PointValue: '100' } },
    });
    expect(Symbols[1]).toMatchObject({ AssetType: 'INDEX', Symbol: '$RUT.X' });
    expect(Errors).toEqual([{ Symbol: 'NOPE', Error: 'NotFound', Message: 'Symbol not found: NOPE' }]);
    const many = Array.from({ length: 51 }, (_, i) => `S${i}`).join(',');
    expect((await server.get(`${MARKET}/symbols/${many}`)).status).toBe(400);
  });

  it('are found by the v2 paths with real numbers, and v2 errors have a shape of their own', async () => {
    const server = await standin();
    const suggested = await server.json<Json[]>("/v2/data/symbols/suggest/HEAL?$top=3&$filter=Category eq 'Stock'");
    expect(suggested).toEqual([expect.objectContaining({ Name: 'HEALTH', Category: 'Stock', PointValue: 1 })]);
    const found = await server.json<Json[]>('/v2/data/symbols/search/C=SO&R=HEALTH&Stk=1&Exd=1&OT=Call');
    expect(found.length).toBe(2);
    expect(found[0]).toMatchObject({
      OptionType: 'Call',
      StrikePrice: expect.any(Number),
      ExpirationDate: '/Date(1766102400000)/',
    });
    const refused = await server.get('/v2/data/symbols/search/C=Nothing');
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ TraceId: expect.any(String), StatusCode: 400 });
    expect(await server.json(`${MARKET}/symbollists/cryptopairs/symbolnames`)).toEqual({
      SymbolNames: ['BTCUSD', 'ETHUSD', 'LTCUSD', 'BCHUSD'],
    });
  });
});
