import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { newYorkInstant } from '../../../src/core/calendar.js';
import { type Json, standin, WEDNESDAY } from './fixture.js';

const STREAM = '/v3/marketdata/stream';
const CALL = 'HEALTH%20251219C180';

describe('a quote stream', () => {
  it('begins with whole quotes and errors, goes on with changed fields, and beats after five quiet seconds', async () => {
    const server = await standin();
    const reader = await server.stream(`${STREAM}/quotes/HEALTH,${CALL},NOPE`);
    expect(reader.response.headers.get('content-type')).toBe('application/vnd.tradestation.streams.v2+json');
    expect(reader.response.headers.get('content-length')).toBeNull();
    expect(await reader.json()).toEqual({ Symbol: 'NOPE', Error: 'FAILED, INVALID SYMBOL' });
    const [stock, option] = [await reader.json(), await reader.json()];
    expect(stock).toMatchObject({ Symbol: 'HEALTH', MarketFlags: { IsDelayed: false } });
    expect(option).toMatchObject({ Symbol: 'HEALTH 251219C180', Bid: expect.any(String) });
    await server.advance(1000);
    const delta = await reader.json();
    expect(delta.Symbol).toBe('HEALTH');
    expect(delta).toHaveProperty('Volume');
    expect(delta).not.toHaveProperty('PreviousClose');
    expect(delta).not.toHaveProperty('MarketFlags');
    server.clock.set(newYorkInstant('2025-12-20', 12, 0));
    await server.advance(6000);
    const beat = (await reader.until((value) => 'Heartbeat' in value)).at(-1);
    expect(beat).toEqual({ Heartbeat: 1, Timestamp: '2025-12-20T17:00:05Z' });
  });

  it('merged gives the same state as a new snapshot', async () => {
    const server = await standin();
    const reader = await server.stream(`${STREAM}/quotes/HEALTH,${CALL}`);
    await server.advance(30_000);
    server.setFaults([{ goAway: 'status' }]);
    await server.advance(0);
    const merged = new Map<unknown, Json>();
    for (const line of await reader.until((value) => 'StreamStatus' in value)) {
      merged.set(line.Symbol, { ...merged.get(line.Symbol), ...line });
    }
    server.setFaults([]);
    const again = await server.stream(`${STREAM}/quotes/HEALTH,${CALL}`);
    for (const snapshot of [await again.json(), await again.json()]) {
      expect(merged.get(snapshot.Symbol)).toEqual(snapshot);
    }
  });

  it('has quirks: zero fields, lower-cased symbols, unknown fields', async () => {
    const server = await standin({ quirks: true });
    const symbols = ['180', '181', '179', '178', '182'].map((strike) => `HEALTH%20251219C${strike}`).join(',');
    const reader = await server.stream(`${STREAM}/quotes/${symbols}`);
    await server.advance(300_000);
    server.setFaults([{ goAway: 'error' }]);
    await server.advance(0);
    const lines = await reader.until((value) => value.Error === 'GoAway');
    expect(lines[0]?.VenueNote).toContain('–');
    expect(lines.some(({ Volume }, i) => i > 5 && Volume === '0')).toBe(true);
    expect(lines.some((line, i) => i > 5 && line.DailyOpenInterest === '0')).toBe(true);
    expect(lines.some((line) => line.Symbol === String(line.Symbol).toLowerCase())).toBe(true);
  });

  it('is written in chunks that end anywhere, one object over several', async () => {
    const server = await standin({ quirks: true });
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    const head = `GET ${STREAM}/quotes/HEALTH HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.token}\r\n\r\n`;
    socket.write(head);
    const received: Buffer[] = [];
    socket.on('data', (bytes) => received.push(bytes));
    await once(socket, 'data');
    await server.advance(60_000);
    server.setFaults([{ goAway: 'error' }]);
    await server.advance(0);
    while (!Buffer.concat(received).includes('\r\n0\r\n')) await once(socket, 'data');
    socket.destroy();
    const bodies = chunksOf(Buffer.concat(received));
    expect(bodies.filter((body) => body.at(-1) !== 10).length).toBeGreaterThan(50);
    expect(
      Buffer.concat(bodies)
        .toString()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)).length,
    ).toBeGreaterThan(60);
  });

  it('resets the volume of options at 09:30, not before', async () => {
    const server = await standin({ startMs: newYorkInstant('2025-12-17', 9, 29, 58) });
    const reader = await server.stream(`${STREAM}/quotes/${CALL}`);
    const before = await reader.json();
    expect(Number(before.Volume)).toBeGreaterThan(0);
    await server.advance(3000);
    const [open] = await reader.until(({ Volume }) => Volume !== undefined);
    expect(Number(open?.Volume)).toBeLessThan(Number(before.Volume));
    expect(open?.PreviousVolume).toBe(before.Volume);
    expect(open).not.toHaveProperty('DailyOpenInterest');
  });

  it('keeps silent outside the session, indexes already where stocks still trade', async () => {
    const server = await standin({ startMs: newYorkInstant('2025-12-17', 16, 5) });
    const reader = await server.stream(`${STREAM}/quotes/HEALTH,%24RUT.X`);
    await server.advance(240_000, 4000);
    server.setFaults([{ goAway: 'error' }]);
    await server.advance(0);
    const news = (await reader.until((line) => line.Error !== undefined)).slice(2).filter((line) => line.Symbol);
    expect(new Set(news.map((line) => line.Symbol))).toEqual(new Set(['HEALTH']));
  });
});

describe('a bar stream', () => {
  it('gives history, then the current bar on each change, then its closing, then the next', async () => {
    const server = await standin({ startMs: WEDNESDAY - 2000 });
    const reader = await server.stream(
      `${STREAM}/barcharts/HEALTH?unit=Minute&interval=1&barsback=3&firstdate=2020-01-01`,
    );
    const history = [await reader.json(), await reader.json(), await reader.json()];
    expect(history.map((bar) => [bar.BarStatus, bar.IsEndOfHistory])).toEqual([
      ['Closed', false],
      ['Closed', true],
      ['Open', false],
    ]);
    await server.advance(4000);
    const closing = await reader.until(({ BarStatus }) => BarStatus === 'Closed');
    expect(closing.at(-1)).toMatchObject({ TimeStamp: '2025-12-17T15:00:00Z', IsRealtime: false });
    expect(await reader.json()).toMatchObject({
      TimeStamp: '2025-12-17T15:01:00Z',
      BarStatus: 'Open',
      IsRealtime: true,
    });
  });

  it('loses no minute when the market leaps', async () => {
    const server = await standin();
    const reader = await server.stream(`${STREAM}/barcharts/%24RUT.X?unit=Minute&barsback=1`);
    await reader.json();
    await server.advance(30 * 60_000, 10 * 60_000);
    const bars = await reader.until(({ TimeStamp }) => TimeStamp === '2025-12-17T15:30:00Z');
    const closed = bars.filter(({ BarStatus }) => BarStatus === 'Closed').map(({ TimeStamp }) => TimeStamp);
    expect(closed).toHaveLength(30);
    expect(new Set(closed).size).toBe(30);
  });

  it('repeats a frozen bar', async () => {
    const server = await standin({ faults: [{ path: '*/barcharts/*', frozenBar: true }] });
    const reader = await server.stream(`${STREAM}/barcharts/HEALTH?unit=Minute&barsback=1`);
    const first = await reader.json();
    await server.advance(90_000, 30_000);
    for (let i = 0; i < 3; i++) expect(await reader.json()).toMatchObject({ TimeStamp: first.TimeStamp });
  });
});

describe('option streams', () => {
  it('give spreads of one expiration around the money, with whole numbers where the vendor has them', async () => {
    const server = await standin();
    const reader = await server.stream(
      `${STREAM}/options/chains/HEALTH?expiration=12-19-2025&strikeProximity=2&priceCenter=180.5`,
    );
    const rows = [];
    for (let i = 0; i < 8; i++) rows.push(await reader.json<Json & { Legs: Json[]; Strikes: string[] }>());
    expect(rows.map(({ Side, Strikes }) => [Side, ...Strikes])).toEqual(
      ['Call', 'Put'].flatMap((side) => ['179', '180', '181', '182'].map((strike) => [side, strike])),
    );
    for (const row of rows) {
      for (const name of ['BidSize', 'AskSize', 'Volume', 'DailyOpenInterest']) expect(row[name]).toBeTypeOf('number');
      for (const name of ['Delta', 'ImpliedVolatility', 'Mid', 'Bid']) expect(row[name]).toBeTypeOf('string');
      expect(row.Legs).toEqual([
        expect.objectContaining({ Expiration: '2025-12-19T00:00:00Z', Ratio: 1, AssetType: 'StockOption' }),
      ]);
    }
  });

  it('follow a spread named in the query', async () => {
    const server = await standin();
    const legs = `legs[0].Symbol=${CALL}&legs[0].Ratio=1&legs%5B1%5D.Symbol=HEALTH%20251219C182&legs%5B1%5D.Ratio=-1`;
    const reader = await server.stream(`${STREAM}/options/quotes?${legs}&enableGreeks=false`);
    const spread = await reader.json<Json & { Legs: Json[] }>();
    expect(spread.Legs.map(({ Ratio }) => Ratio)).toEqual([1, -1]);
    expect(Number(spread.Bid)).toBeLessThan(Number(spread.Ask));
    expect(spread).not.toHaveProperty('Delta');
    expect((await server.get(`${STREAM}/options/quotes`)).status).toBe(400);
  });

  it('refuse the eleventh at a time', async () => {
    const server = await standin();
    const path = `${STREAM}/options/chains/HEALTH?strikeProximity=1`;
    for (let i = 0; i < 10; i++) await (await server.stream(path)).json();
    const refused = await server.get(path);
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ Error: 'TooManyRequests', Message: 'Stream quota exceeded' });
    expect(refused.headers.get('x-concurrency-limit')).toBe('10');
  });
});

describe('market depth', () => {
  it.each([
    ['quotes', { Side: 'Bid', Size: expect.any(String), OrderCount: expect.any(Number), Name: expect.any(String) }],
    ['aggregates', { Side: 'Bid', TotalSize: expect.any(String), NumParticipants: expect.any(Number) }],
  ])('as %s is the whole book, prices away from the middle', async (kind, level) => {
    const server = await standin();
    const reader = await server.stream(`${STREAM}/marketdepth/${kind}/HEALTH?maxlevels=4`);
    const book = await reader.json<{ Bids: Json[]; Asks: Json[] }>();
    expect([book.Bids.length, book.Asks.length]).toEqual([4, 4]);
    expect(book.Bids[0]).toMatchObject(level);
    const prices = [...[...book.Bids].reverse(), ...book.Asks].map(({ Price }) => Number(Price));
    expect(prices).toEqual([...prices].sort((a, b) => a - b));
  });

  it('needs its scope', async () => {
    const server = await standin({ scopes: ['openid', 'offline_access', 'MarketData', 'OptionSpreads'] });
    expect((await server.get(`${STREAM}/marketdepth/quotes/HEALTH`)).status).toBe(403);
  });
});

describe('the cap on open streams', () => {
  it('accepts one too many, says nothing and closes it', async () => {
    const server = await standin({ softCap: 2 });
    const first = [await server.stream(`${STREAM}/quotes/HEALTH`), await server.stream(`${STREAM}/quotes/%24RUT.X`)];
    for (const reader of first) await reader.json();
    const capped = await server.stream(`${STREAM}/quotes/HEALTH`);
    expect(capped.response.status).toBe(200);
    await server.advance(25_000, 5000);
    expect(await capped.ended).toBe('end');
    expect(capped.text).toBe('');
  });
});

/** The chunks of a chunked HTTP answer. */
function chunksOf(answer: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  let at = answer.indexOf('\r\n\r\n') + 4;
  for (;;) {
    const end = answer.indexOf('\r\n', at);
    const length = Number.parseInt(answer.subarray(at, end).toString(), 16);
    if (!(length > 0)) return chunks;
    chunks.push(answer.subarray(end + 2, end + 2 + length));
    at = end + 2 + length + 2;
  }
}
