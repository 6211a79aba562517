import { describe, expect, it } from 'vitest';
import { parseFaults } from '../../../src/server/tradestation/faults.js';
import { type Json, standin } from './fixture.js';

const MARKET = '/v3/marketdata';
const QUOTES = `${MARKET}/quotes/HEALTH`;
const STREAM = `${MARKET}/stream/quotes/HEALTH`;
const OPTION = `${MARKET}/quotes/HEALTH%20251219C180`;

describe('faults of answers', () => {
  it.each([401, 403, 404, 429, 500, 503, 504] as const)('status %i has the body of the vendor', async (status) => {
    const server = await standin({ faults: [{ path: QUOTES, status, count: 1 }] });
    const answer = await server.get(QUOTES);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({ Error: expect.any(String), Message: expect.any(String) });
    expect((await server.get(QUOTES)).status).toBe(200);
  });

  it.each([502, 414] as const)('status %i is a page of the gateway', async (status) => {
    const server = await standin({ faults: [{ path: QUOTES, status }] });
    const answer = await server.get(QUOTES);
    expect(answer.headers.get('content-type')).toContain('text/html');
    expect(await answer.text()).toContain(String(status));
  });

  it('are spent by count, by time, and wait for their turn', async () => {
    const server = await standin();
    const statuses = async (n: number) => {
      const seen = [];
      for (let i = 0; i < n; i++) seen.push((await server.get(QUOTES)).status);
      return seen;
    };
    await server.control('/__ctl/faults', [{ path: `${MARKET}/quotes/*`, status: 500, skip: 1, count: 2 }]);
    expect(await statuses(5)).toEqual([200, 500, 500, 200, 200]);
    expect(await server.control<Json>('/__ctl/faults')).toMatchObject({ faults: [{ hits: 2 }] });
    server.setFaults([{ status: 503, forMs: 10_000 }]);
    expect(await statuses(2)).toEqual([503, 503]);
    await server.advance(10_001);
    expect(await statuses(1)).toEqual([200]);
  });

  it('emit rate headers, and 429 with them', async () => {
    const rateHeaders = { limit: 500, remaining: 0, reset: 20, resource: 'quote-snapshot' };
    const server = await standin({ faults: [{ path: QUOTES, status: 429, rateHeaders, retryAfter: 3 }] });
    const { headers } = await server.get(QUOTES);
    expect([headers.get('x-ratelimit-reset'), headers.get('x-ratelimit-resource'), headers.get('retry-after')]).toEqual(
      [...['20', 'quote-snapshot', '3']],
    );
  });

  it('delay, stall and cut bodies, empty them, or put an error into a 200', async () => {
    const server = await standin({ faults: [{ emptyBody200: true, count: 1, delayMs: 50, path: QUOTES }] });
    const sentMs = performance.now();
    const empty = await server.get(QUOTES);
    expect(performance.now() - sentMs).toBeGreaterThan(45);
    expect([empty.status, await empty.text()]).toEqual([200, '']);
    server.setFaults([{ errorBody200: true }]);
    const odd = await server.get(QUOTES);
    expect([odd.status, await odd.json()]).toEqual([
      200,
      { Error: 'InternalServerError', Message: expect.any(String) },
    ]);
    server.setFaults([{ closeAfterMs: 0 }]);
    await expect((await server.get(QUOTES)).text()).rejects.toThrow();
    server.setFaults([{ stallAfterBytes: 9 }]);
    const body = (await server.get(QUOTES)).body?.getReader();
    expect((await body?.read())?.value).toHaveLength(9);
    await body?.cancel();
  });

  it('degrade data', async () => {
    const server = await standin();
    const quote = async () => (await server.json<{ Quotes: Json[] }>(OPTION)).Quotes[0] as Json;
    const good = await quote();
    server.setFaults([{ zeroBidAsk: true, missingOI: true, delayed: true }]);
    expect(await quote()).toMatchObject({
      ...{ Bid: '0', Ask: '0', DailyOpenInterest: '', MarketFlags: { IsDelayed: true, IsHalted: false } },
    });
    server.setFaults([{ crossed: true }]);
    const crossed = await quote();
    expect(Number(crossed.Bid)).toBeGreaterThan(Number(crossed.Ask));
    server.setFaults([{ wideSpread: true }]);
    expect(Number((await quote()).Ask)).toBeGreaterThan(4 * Number(good.Ask));
    server.setFaults([{ emptyExpirations: true, emptyStrikes: true }]);
    expect(await server.json(`${MARKET}/options/expirations/HEALTH`)).toEqual({ Expirations: [] });
    expect(await server.json(`${MARKET}/options/strikes/HEALTH`)).toMatchObject({ Strikes: [] });
    server.setFaults([{ invalidSymbol: ['HEALTH'] }]);
    expect(await server.json(QUOTES)).toMatchObject({ Quotes: [], Errors: [{ Symbol: 'HEALTH' }] });
  });
});

describe('faults of streams', () => {
  it.each([
    [{ goAway: 'status' }, { StreamStatus: 'GoAway' }],
    [{ goAway: 'error' }, { Error: 'GoAway', Message: expect.any(String) }],
    [{ dualLogon: true }, { Error: 'DualLogon', Message: expect.any(String) }],
    [{ dualLogon: 'symbol' }, { Symbol: 'HEALTH', Error: 'DualLogon' }],
    [{ badRequest: true }, { Error: 'BadRequest' }],
    [{ internalError: 'message' }, { Error: 'InternalServerError', Message: expect.any(String) }],
  ] as const)('%j arrives in band and ends the stream', async (fault, line) => {
    const server = await standin();
    const reader = await server.stream(STREAM);
    await reader.json();
    server.setFaults([{ path: STREAM, ...fault }]);
    await server.advance(0);
    expect(await reader.json()).toEqual(line);
    expect(await reader.ended).toBe('end');
  });

  it.each([
    ['heartbeatOnly', 1],
    ['silent', 0],
  ] as const)('%s has no data', async (name, beats) => {
    const server = await standin({ faults: [{ path: STREAM, [name]: true }] });
    const reader = await server.stream(STREAM);
    await server.advance(6000);
    server.setFaults([{ goAway: 'error' }]);
    await server.advance(0);
    const lines = await reader.until((line) => 'Error' in line);
    expect(lines.filter((line) => 'Heartbeat' in line)).toHaveLength(beats);
    expect(lines).toHaveLength(beats + 1);
  });

  it('openThenClose accepts, says nothing and ends', async () => {
    const server = await standin({ faults: [{ openThenClose: 3000, path: STREAM }] });
    const reader = await server.stream(STREAM);
    await server.advance(4000);
    expect(await reader.ended).toBe('end');
    expect([reader.response.status, reader.text]).toEqual([200, '']);
  });

  it.each([
    { closeAfterN: 2, closeWith: 'rst' },
    { closeAfterN: 2, closeWith: 'fin' },
    { closeAfterMs: 2000 },
  ] as const)('%j breaks off inside an object', async (fault) => {
    const server = await standin({ faults: [{ path: STREAM, ...fault }] });
    const reader = await server.stream(STREAM);
    await server.advance(5000);
    expect(await reader.ended).toBe('cut');
    expect(reader.text.trimEnd().split('\n').length).toBeGreaterThanOrEqual(2);
  });

  it('break the framing', async () => {
    const server = await standin();
    const textWith = async (fault: object): Promise<string> => {
      server.setFaults([fault, { path: 'never', status: 500 }]);
      const reader = await server.stream(STREAM);
      await server.advance(1000);
      server.setFaults([{ goAway: 'error' }]);
      await server.advance(0);
      await reader.ended;
      return reader.text;
    };
    expect(await textWith({ garbageLine: true })).toContain('ERROR - <not json>');
    expect(await textWith({ blankLines: true })).toContain('\r\n\n');
    expect(await textWith({ noNewline: true })).toMatch(/\}\{/);
    expect((await textWith({ hugeObject: 2_000_000 })).length).toBeGreaterThan(2_000_000);
  });

  it('stall, and hold the last price', async () => {
    const server = await standin({ faults: [{ path: STREAM, stallAfterBytes: 20 }] });
    const reader = await server.stream(STREAM);
    await server.advance(10_000);
    await server.control('/__ctl/streams');
    server.setFaults([{ stuckLast: true }]);
    const stuck = await server.stream(STREAM);
    const { Last } = await stuck.json();
    await server.advance(5000);
    server.setFaults([{ goAway: 'error' }]);
    await server.advance(0);
    expect((await stuck.until((line) => 'Error' in line)).map((line) => line.Last ?? Last)).toEqual(
      expect.not.arrayContaining([expect.not.stringMatching(`^${Last}$`)]),
    );
    await reader.ended;
    expect(reader.text.slice(0, 20)).toBe('{"Symbol":"HEALTH","');
  });

  it('let a consumer go that does not read', async () => {
    const server = await standin({ faults: [{ slowConsumer: 1000, hugeObject: 8_000_000 }] });
    const answer = await server.get(STREAM);
    await server.advance(2000);
    await expect(answer.text()).rejects.toThrow();
  });

  it('put the clock of the server off', async () => {
    const server = await standin({ faults: [{ heartbeatOnly: true, clockSkewMs: 3_600_000 }] });
    const reader = await server.stream(STREAM);
    await server.advance(5000);
    expect(await reader.json()).toEqual({ Heartbeat: 1, Timestamp: '2025-12-17T16:00:05Z' });
  });
});

it('a plan is refused with everything wrong in it', async () => {
  expect(() => parseFaults([{ stauts: 500 }], 'plan.yaml')).toThrow(/plan\.yaml/);
  const server = await standin();
  const refused = await fetch(`${server.url}/__ctl/faults`, { method: 'POST', body: '[{"status":299}]' });
  expect(refused.status).toBe(400);
});
