import { request } from 'node:http';
import { connect } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/io/ctx.js';
import { RateLimit } from '../../src/server/rate-limit.js';
import { startServer } from '../../src/server/start.js';
import { bearer, DATE, DEFAULTS, fixtureF, recordingCtx, serve } from './fixture.js';

const FULL = '/v2/SPX/classic/gex_full';

/** An answer to exactly these headers: fetch always sends a User-Agent. */
async function ask(
  url: string,
  headers: Record<string, string>,
): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, text }));
    })
      .on('error', reject)
      .end();
  });
}

describe('STRICT_HEADERS', () => {
  it('refuses a request without User-Agent and moves nothing (check 6)', async () => {
    const server = await serve({ strictHeaders: true });
    for (const path of [FULL, `/hist/SPX/classic/gex_full/${DATE}`]) {
      const answer = await ask(server.url + path, { authorization: 'Bearer k' });
      expect(answer).toEqual({ status: 400, text: '{"error":"User-Agent header not found."}' });
    }
    expect((await ask(server.url + FULL, { authorization: 'Bearer k', 'user-agent': 'check/1' })).status).toBe(200);
    expect((await server.post('/reset-cache')).json.count).toBe(1);
  });

  it('does not take ?key= for an Authorization header; public routes ask for neither', async () => {
    const server = await serve({ strictHeaders: true });
    const answer = await server.get(`${FULL}?key=abc`, { 'user-agent': 'check/1' });
    expect([answer.status, answer.text]).toEqual([400, '{"error":"Authorization header not found."}']);
    expect((await ask(`${server.url}/tickers`, {})).status).toBe(200);
  });

  it('off, neither header of the vendor is asked for (check 7)', async () => {
    const server = await serve();
    expect((await ask(`${server.url + FULL}?key=abc`, {})).status).toBe(200);
  });
});

describe('RATE_LIMIT_PER_SECOND', () => {
  it('answers 429 with Retry-After per key, and moves no position', async () => {
    const time = { ms: 1_000_000 };
    const { ctx } = recordingCtx();
    const options = { ...DEFAULTS, root: await fixtureF(), rateLimitPerSecond: 2, cacheMode: 'rotation' } as const;
    const server = await startServer(options, { ...ctx, clock: { ...systemClock, now: () => time.ms } });
    const get = (key: string) => fetch(server.url + FULL, { headers: bearer(key) });
    const statuses = [];
    for (const key of ['a', 'a', 'a', 'b']) statuses.push((await get(key)).status);
    expect(statuses).toEqual([200, 200, 429, 200]);
    const refused = await get('a');
    expect([refused.headers.get('retry-after'), await refused.json()]).toEqual([
      '1',
      { error: expect.stringMatching(/^Too many requests/) },
    ]);
    time.ms += 500;
    const next = await get('a');
    expect([next.status, ((await next.json()) as { timestamp: number }).timestamp]).toEqual([200, 1777492800]);
    expect((await get('a')).status).toBe(429);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    await server.close();
  });

  it('never lets more through than the rate and one second at once, and says when it will', () => {
    const asks = fc.array(fc.record({ key: fc.constantFrom('a', 'b'), afterMs: fc.nat(700) }), { maxLength: 60 });
    fc.assert(
      fc.property(fc.constantFrom(0.5, 1, 3, 10), asks, (perSecond, asked) => {
        const limit = new RateLimit(perSecond, 100);
        const passed: Record<string, number[]> = { a: [], b: [] };
        let nowMs = 5_000;
        for (const { key, afterMs } of asked) {
          nowMs += afterMs;
          const waitMs = limit.wait(key, nowMs);
          if (waitMs > 0) {
            expect(waitMs).toBeLessThanOrEqual(1000 / perSecond + 1e-6);
            continue;
          }
          const times = passed[key] as number[];
          times.push(nowMs);
          for (const [i, from] of times.entries()) {
            const atMost = ((nowMs - from) / 1000) * perSecond + Math.max(1, perSecond) + 1e-9;
            expect(times.length - i).toBeLessThanOrEqual(atMost);
          }
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('remembers as many keys as it may', () => {
    const limit = new RateLimit(1, 2);
    for (const key of ['a', 'b', 'c']) expect(limit.wait(key, 0)).toBe(0);
    expect(limit.wait('c', 0)).toBe(1000);
    expect(limit.wait('a', 0)).toBe(0);
  });
});

describe('MAX_CONNECTIONS', () => {
  it('closes further connections and goes on with those there are', async () => {
    const server = await serve({ maxConnections: 1 });
    const port = Number(new URL(server.url).port);
    const first = connect(port, '127.0.0.1');
    const answered = new Promise<string>((resolve) => first.once('data', (bytes) => resolve(String(bytes))));
    first.write('GET /health HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await answered).toMatch(/^HTTP\/1\.1 200/);
    const second = connect(port, '127.0.0.1');
    await new Promise((resolve) => second.on('error', () => {}).once('close', resolve));
    const again = new Promise<string>((resolve) => first.once('data', (bytes) => resolve(String(bytes))));
    first.write('GET /health HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await again).toMatch(/^HTTP\/1\.1 200/);
    first.destroy();
  });
});
