import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createApi } from '../../../src/feeds/tradestation/api.js';
import { fetchBars } from '../../../src/feeds/tradestation/bars.js';
import { RESOURCES } from '../../../src/feeds/tradestation/resources.js';
import { callApi, type RestOptions } from '../../../src/feeds/tradestation/rest.js';
import type { Ctx } from '../../../src/io/ctx.js';
import { memoryGate } from '../../../src/io/gate.js';
import { storedGate } from '../../../src/jobs/stored-gate.js';
import { openStore } from '../../../src/stores/sql/open.js';
import { quietCtx } from '../../helpers/ctx.js';
import { tempFolder } from '../../helpers/folder.js';
import { json, tradestationHost } from '../../helpers/tradestation.js';

const CALL = { path: '/v3/marketdata/quotes/SPY', resource: RESOURCES.quotes };
const TOKENS = ['secret-token-one', 'secret-token-two'];

/** A host, calls with a token that one refusal renews, and a clock whose waits pass at once. */
async function setUp() {
  const host = await tradestationHost();
  const lines: string[] = [];
  const waits: number[] = [];
  let nowMs = Date.UTC(2025, 11, 17, 17);
  const line = (message: string, fields?: unknown): void => {
    lines.push(`${message} ${JSON.stringify(fields)}`);
  };
  const ctx: Ctx = {
    ...quietCtx(),
    clock: {
      now: () => nowMs,
      sleep: async (ms) => {
        waits.push(ms);
        nowMs += ms;
      },
    },
    log: { debug: line, info: line, warn: line, error: line },
  };
  const replaced: string[] = [];
  const options: RestOptions = {
    apiUrl: host.url,
    tokens: {
      current: async () => TOKENS[0] ?? '',
      replace: async (refused) => {
        replaced.push(refused);
        return TOKENS[1] ?? '';
      },
    },
    gateOf: () => memoryGate({ intervalMs: 0 }),
    random: () => 0.5,
  };
  /** Answers in turn, the last one for ever. */
  const answers = (...all: readonly [status: number, body: unknown, headers?: Record<string, string>][]): void => {
    host.behave((request, response) => {
      const [status, body, headers] = all[Math.min(request.turn, all.length) - 1] ?? [200, {}];
      if (typeof body === 'string') response.writeHead(status, headers).end(body);
      else json(response, status, body, headers);
      return true;
    });
  };
  const error = async (call = CALL) =>
    callApi(options, call, ctx).then(
      () => undefined,
      (fault: unknown) => fault,
    );
  return { host, lines, waits, ctx, replaced, options, answers, error };
}

const UNAUTHORIZED = [401, { Error: 'Unauthorized', Message: `bad ${TOKENS[0]}` }] as const;
const HTML = '<html><body>502 Bad Gateway</body></html>';

describe('a call', () => {
  it('renews its token once, also late in its attempts, without using one up', async () => {
    const { host, options, ctx, replaced, answers } = await setUp();
    answers([502, HTML], [502, HTML], [502, HTML], [502, HTML], [...UNAUTHORIZED], [200, { ok: true }]);
    expect(await callApi(options, CALL, ctx)).toEqual({ ok: true });
    expect(replaced).toEqual([TOKENS[0]]);
    expect(host.requests.map(({ authorization }) => authorization?.slice(-3))).toEqual([
      ...['one', 'one', 'one', 'one', 'one', 'two'],
    ]);
  });

  it('whose new token is refused too fails as auth, and shows no token', async () => {
    const { host, lines, answers, error } = await setUp();
    answers([401, { Error: 'Unauthorized', Message: `token ${TOKENS[1]} is bad` }]);
    const fault = await error();
    expect(fault).toMatchObject({
      kind: 'auth',
      message: expect.stringMatching(/refused \(token \*\*\* is bad\); run gex auth login/),
    });
    expect(host.requests.length).toBe(2);
    for (const token of TOKENS) expect(String(fault) + lines.join()).not.toContain(token);
  });

  it.each([
    [403, { Error: 'Forbidden', Message: 'no' }, 'auth', /needs the scope OptionSpreads and its data entitlement/, 1],
    [404, { Error: 'NotFound', Message: 'unknown' }, 'missing', /not found \(unknown\); check the symbol/, 1],
    [400, { Error: 'BadRequest', Message: 'bad' }, 'usage', /refused \(400: bad\)/, 1],
    [414, '<html>too long</html>', 'usage', /too long; ask for fewer symbols/, 1],
    [501, {}, 'usage', /refused \(501/, 1],
    [502, HTML, 'upstream', /answered 502 \(status 502\); try again later/, 5],
    [503, { Error: 'ServiceUnavailable', Message: 'later' }, 'upstream', /answered 503 \(later\)/, 5],
    [200, { Error: 'InternalServerError', Message: 'oops' }, 'upstream', /oops/, 5],
    [200, { Error: 'BadRequest', Message: 'odd' }, 'usage', /odd/, 1],
    [200, 'not JSON', 'data', /the answer is no JSON \(not JSON\); is TRADESTATION_API_URL right/, 1],
  ] as const)('answered %d %j is %s', async (status, body, kind, sentence, requests) => {
    const { host, answers, error } = await setUp();
    answers([status, body]);
    expect(await error({ ...CALL, ...{ scope: 'OptionSpreads' } })).toMatchObject({
      kind,
      message: expect.stringMatching(sentence),
    });
    expect(host.requests.length).toBe(requests);
  });

  it('without body or without bars has no data', async () => {
    const { options, ctx, answers } = await setUp();
    answers([200, ''], [204, ''], [404, { Error: 'NotFound', Message: 'No data available.' }]);
    const api = createApi(options);
    expect(await api.quotes(['SPY'], ctx)).toEqual({ found: [], faults: [] });
    expect(await api.quotes(['SPY'], ctx)).toEqual({ found: [], faults: [] });
    expect(await callApi(options, CALL, ctx)).toBeUndefined();
  });

  it('that gets no answer is tried again', async () => {
    const { host, options, ctx } = await setUp();
    host.behave((request, response) => {
      if (request.turn < 3) response.destroy();
      else json(response, 200, { ok: 1 });
      return true;
    });
    expect(await callApi(options, CALL, ctx)).toEqual({ ok: 1 });
  });

  it('encodes symbols as a path, commas left', async () => {
    const { host, options, ctx } = await setUp();
    host.behave((_, response) => {
      json(response, 200, {});
      return true;
    });
    const api = createApi(options);
    await api.quotes(['$SPX.X', 'SPY 251219C682.5', '@ES', 'BRK.B'], ctx);
    await api.strikes('$SPXW.X', '2025-12-19', ctx);
    await api.search('N=SPY&C=Stock', ctx);
    expect(host.requests.map(({ url }) => url)).toEqual([
      '/v3/marketdata/quotes/%24SPX.X,SPY%20251219C682.5,%40ES,BRK.B',
      '/v3/marketdata/options/strikes/%24SPXW.X?expiration=12-19-2025',
      '/v2/data/symbols/search/N%3DSPY%26C%3DStock',
    ]);
  });

  it('of 250 symbols is three requests; what is refused of them is listed', async () => {
    const { host, options, ctx } = await setUp();
    host.behave(({ url }, response) => {
      const symbols = url.split('/').at(-1)?.split(',') ?? [];
      const bad = symbols.filter((symbol) => symbol.startsWith('BAD'));
      json(response, 200, {
        Quotes: symbols.filter((symbol) => !bad.includes(symbol)).map((name) => ({ Symbol: name, Last: '1.5' })),
        Errors: bad.map((name) => ({ Symbol: name, Error: 'FAILED, INVALID SYMBOL' })),
      });
      return true;
    });
    const symbols = Array.from({ length: 250 }, (_, i) => (i % 50 === 0 ? `BAD${i}` : `S${i}`));
    const { found, faults } = await createApi(options).quotes(symbols, ctx);
    expect([host.requests.length, found.length, faults.length]).toEqual([3, 245, 5]);
    expect(faults[0]).toEqual({ symbol: 'BAD0', fault: 'FAILED, INVALID SYMBOL' });
  });
});

describe('a quota that is used up', () => {
  it('holds that resource for the time the answer says, in every process, and no other', async () => {
    const { options, ctx, host } = await setUp();
    const path = join(tempFolder(), 'gex.db');
    const stores = [await openStore(path), await openStore(path)];
    onTestFinished(() => Promise.all(stores.map((store) => store.close())).then(() => {}));
    const [here, there] = stores.map(({ gates }) => ({
      ...options,
      gateOf: ({ name }: { name: string }) => storedGate(gates, name, { intervalMs: 1, burst: 100 }),
    }));
    if (!here || !there) throw new Error('two stores');
    host.behave(({ url, turn }, response) => {
      const isOver = url === CALL.path && turn === 1;
      const body = isOver ? { Error: 'TooManyRequests', Message: 'Rate quota exceeded' } : {};
      json(response, isOver ? 429 : 200, body, isOver ? { 'x-ratelimit-reset': '20' } : {});
      return true;
    });
    const beganMs = ctx.clock.now();
    const other = { path: '/v3/marketdata/symbols/SPY', resource: RESOURCES.symbols };
    const elsewhere = { ...ctx, clock: fixedClock(beganMs + 1000) };
    await callApi(here, CALL, ctx);
    expect(ctx.clock.now() - beganMs).toBeGreaterThanOrEqual(20_000);
    await callApi(there, other, elsewhere);
    expect(elsewhere.clock.waits).toEqual([]);
    await callApi(there, CALL, elsewhere);
    expect(elsewhere.clock.waits.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(19_000);
    expect(host.requests.map(({ url }) => url)).toEqual([CALL.path, CALL.path, other.path, CALL.path]);
  });

  it('that is all but used up is waited for beforehand', async () => {
    const { options, ctx, answers, waits } = await setUp();
    const gate = memoryGate({ intervalMs: 0 });
    answers([200, {}, { 'X-Ratelimit-Remaining': '1', 'X-Ratelimit-Reset': '7' }], [200, {}]);
    await callApi({ ...options, gateOf: () => gate }, CALL, ctx);
    await callApi({ ...options, gateOf: () => gate }, CALL, ctx);
    expect(waits).toEqual([7000]);
  });
});

function fixedClock(startMs: number) {
  let nowMs = startMs;
  const waits: number[] = [];
  return {
    waits,
    now: () => nowMs,
    sleep: async (ms: number) => {
      waits.push(ms);
      nowMs += ms;
    },
  };
}

describe('bars', () => {
  const MINUTE = 60_000;

  it('of a window larger than one request come in pages, each bar once, ascending', async () => {
    const { host, options, ctx } = await setUp();
    host.behave(({ url }, response) => {
      const query = new URL(url, 'http://localhost').searchParams;
      const [from, to] = ['firstdate', 'lastdate'].map((name) => Date.parse(query.get(name) ?? '')) as [number, number];
      const ends = [from, from + MINUTE, to]; // the first one belongs to the page before
      const bar = (ms: number) => ({ Open: '1', High: '2', Low: '1', Close: '2', Epoch: ms, TotalVolume: '5' });
      json(response, 200, { Bars: ends.map(bar) });
      return true;
    });
    const fromMs = Date.UTC(2025, 0, 6);
    const toMs = fromMs + 100_000 * MINUTE;
    const shares: number[] = [];
    const found = await fetchBars(
      options,
      { symbol: 'SPY', window: { unit: 'Minute', interval: 1, fromMs, toMs }, onPage: (share) => shares.push(share) },
      ctx,
    );
    const pageMs = 57_500 * MINUTE;
    expect(found.map(({ endMs }) => endMs - fromMs)).toEqual([MINUTE, pageMs, pageMs + MINUTE, toMs - fromMs]);
    expect([host.requests.length, shares]).toEqual([2, [0.575, 1]]);
  });
});
