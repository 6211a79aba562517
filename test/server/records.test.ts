import { describe, expect, it } from 'vitest';
import { addFiles, archiveOf, bearer, DATE, fixtureF, SAMPLES, serve } from './fixture.js';

const FULL = '/v2/SPX/classic/gex_full';

describe.each(['memory', 'stream'] as const)('records in data mode %s', (mode) => {
  it('one key sees every record once and then no more data (checks 1 to 3)', async () => {
    const server = await serve({ mode });
    const first = await server.get(FULL, bearer());
    expect(first.status).toBe(200);
    expect(first.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(Object.keys(first.json)).toHaveLength(15);
    expect(first.json.timestamp).toBe(1777492798);
    expect((await server.get(FULL, bearer())).json.timestamp).toBe(1777492799);
    const third = await server.get(FULL, bearer());
    expect(third.text).toBe(SAMPLES.gex);
    for (const _ of [1, 2]) {
      const fourth = await server.get(FULL, bearer());
      expect([fourth.status, fourth.text]).toEqual([404, '{"error":"No more data available"}']);
    }
  });

  it('100 parallel requests of one key get each record exactly once', async () => {
    const lines = Array.from({ length: 100 }, (_, i) => `{"timestamp":${i},"max_priors":[]}\n`);
    const root = await archiveOf({ [`${DATE}/SPX/classic/gex_full.jsonl`]: lines.join('') });
    const server = await serve({ root, mode });
    const answers = await Promise.all(lines.map(() => server.get(FULL, bearer())));
    const seen = answers.map((answer) => answer.json.timestamp as number).sort((a, b) => a - b);
    expect(seen).toEqual(lines.map((_, i) => i));
    expect((await server.get(FULL, bearer())).status).toBe(404);
  });

  it('an empty file has no more data, in rotation too', async () => {
    const root = await archiveOf({
      [`${DATE}/SPX/classic/gex_full.jsonl`]: '',
      [`${DATE}/SPX/classic/gex_zero.jsonl`]: `${SAMPLES.gex}\n`,
    });
    const server = await serve({ root, mode, cacheMode: 'rotation' });
    for (const path of [FULL, `${FULL}/majors`]) {
      const answer = await server.get(path, bearer());
      expect([answer.status, answer.json]).toEqual([404, { error: 'No more data available' }]);
    }
  });

  it('lines of 3 MB and a torn last line: whole records are served, the rest is reported', async () => {
    const long = `{"timestamp":1,"pad":"${'x'.repeat(3_000_000)}"}`;
    const root = await archiveOf({ [`${DATE}/SPX/classic/gex_full.jsonl`]: `${long}\n{"timestamp":2,"pa` });
    const server = await serve({ root, mode });
    expect((await server.get(FULL, bearer())).text === long).toBe(true);
    expect((await server.get(FULL, bearer())).status).toBe(404);
    const warnings = server.lines.filter((line) => line.level === 'warn').map((line) => line.message);
    expect(warnings).toEqual([
      expect.stringMatching(/gex_full\.jsonl ends in an unfinished record: its last 18 bytes/),
    ]);
  });

  it('a damaged record is refused without moving the position of majors', async () => {
    const root = await archiveOf({ [`${DATE}/SPX/classic/gex_full.jsonl`]: `{"timestamp":1,}\n${SAMPLES.gex}\n` });
    const server = await serve({ root, mode, endpointCacheMode: 'shared' });
    for (const _ of [1, 2]) {
      const answer = await server.get(`${FULL}/majors`, bearer());
      expect([answer.status, answer.json.error]).toEqual([422, expect.stringMatching(/not JSON/)]);
    }
    expect((await server.get(FULL, bearer())).text).toBe('{"timestamp":1,}');
  });
});

describe('records', () => {
  it('Bearer, Basic, the bare key and ?key= of one key share one position (check 4)', async () => {
    const server = await serve({ cacheMode: 'rotation' });
    const seen = [];
    for (const authorization of ['Bearer k1', 'Basic k1', 'k1', 'bearer   k1']) {
      seen.push((await server.get(FULL, { authorization })).json.timestamp);
    }
    seen.push((await server.get(`${FULL}?key=k1`)).json.timestamp);
    expect(seen.map((timestamp) => timestamp - 1777492798)).toEqual([0, 1, 2, 0, 1]);
  });

  it.each([
    ['no header', {}],
    ['a scheme without a key', { authorization: 'Bearer' }],
    ['an empty header', { authorization: '' }],
  ])('%s is a 400 with the live text and moves nothing (check 5)', async (_name, headers) => {
    const server = await serve();
    const answer = await server.get(FULL, { 'user-agent': 'check/1', ...headers });
    expect([answer.status, answer.text]).toEqual([400, '{"error":"Authorization header not found."}']);
    expect((await server.post('/reset-cache')).json.count).toBe(0);
  });

  it('an endless key is refused', async () => {
    const server = await serve();
    const answer = await server.get(FULL, bearer('k'.repeat(257)));
    expect([answer.status, answer.json.error]).toEqual([400, expect.stringMatching(/257 characters/)]);
  });

  it('the legacy form without /v2 and without headers works and is another client (checks 7 and 8)', async () => {
    const server = await serve();
    await server.get(FULL, bearer());
    const answer = await server.get('/SPX/classic/full?key=abc');
    expect([answer.status, answer.json.timestamp]).toEqual([200, 1777492798]);
  });

  it.each(['shared', 'independent'] as const)('alias and full name share one counter, %s (check 9)', async (mode) => {
    const server = await serve({ endpointCacheMode: mode });
    expect((await server.get('/v2/SPX/classic/full', bearer())).json.timestamp).toBe(1777492798);
    expect((await server.get('/v2/SPX/classic/gex_full', bearer())).json.timestamp).toBe(1777492799);
  });

  it('greek profiles keep ten keys, tuples of seven and nulls (checks 10 and 12)', async () => {
    const server = await serve();
    for (const name of ['gamma', 'gamma_zero']) {
      const { json } = await server.get(`/v2/SPX/state/${name}`, bearer());
      expect(Object.keys(json)).toHaveLength(10);
      expect(json.mini_contracts[1]).toEqual([6310, 0.126, 0.137, 52.36, [51.41, 57.72, 30.76], null, null]);
    }
  });

  it('a category without data is a 404 that names what was asked (check 11)', async () => {
    const server = await serve();
    const answer = await server.get('/v2/SPX/state/onedelta', bearer());
    expect([answer.status, answer.text]).toEqual([404, '{"error":"Data not found for SPX/state/onedelta"}']);
  });

  it('orderflow has 37 keys (check 13)', async () => {
    const server = await serve();
    expect(Object.keys((await server.get('/v2/SPX/orderflow/orderflow', bearer())).json)).toHaveLength(37);
  });

  it('tickers with an underscore work everywhere, in either case (check 14)', async () => {
    const server = await serve();
    const paths = ['classic/gex_full', 'classic/gex_full/majors', 'state/gamma_zero', 'orderflow/orderflow'];
    for (const path of paths) {
      for (const ticker of ['ES_SPX', 'es_spx']) {
        const answer = await server.get(`/v2/${ticker}/${path}`, bearer(ticker));
        expect([answer.status, answer.json.ticker]).toEqual([200, 'ES_SPX']);
      }
    }
  });

  it('majors repeat the numbers of the record under their names (check 15)', async () => {
    const server = await serve();
    const { json } = await server.get(`${FULL}/majors`, bearer());
    expect(JSON.stringify(json)).toBe(
      '{"timestamp":1777492798,"ticker":"SPX","spot":7138.55,"mpos_vol":7135,"mpos_oi":7200,"mneg_vol":7100,' +
        '"mneg_oi":6900,"zero_gamma":7112.95,"net_gex_vol":1712585.519,"net_gex_oi":51521.105}',
    );
  });

  it('maxchange keeps every decimal (check 16)', async () => {
    const server = await serve();
    const { text } = await server.get(`${FULL}/maxchange`, bearer());
    expect(text).toBe(
      '{"timestamp":1777492798,"ticker":"SPX","current":[7140,170979.742],"one":[7135,1145886.722],' +
        '"five":[7135,997473.336],"ten":[7135,1106210.715],"fifteen":[7135,1128504.809],"thirty":[7135,1131150.488]}',
    );
  });

  it('majors and maxchange of a reset row say null where the record says nothing', async () => {
    const root = await archiveOf({ [`${DATE}/SPX/state/gex_zero.jsonl`]: '{"timestamp":1,"spot":null}\n' });
    const server = await serve({ root });
    const majors = await server.get('/SPX/state/zero/majors?key=a');
    expect(Object.keys(majors.json)).toHaveLength(10);
    expect(majors.json.mpos_vol).toBeNull();
    const changes = await server.get('/SPX/state/zero/maxchange?key=a');
    expect(changes.text).toBe(
      '{"timestamp":1,"ticker":null,"current":null,"one":null,"five":null,"ten":null,"fifteen":null,"thirty":null}',
    );
  });

  it.each([
    ['/v2/SPX/classic/gamma_zero', /^parameter "category" in path: .*"gex_full"/],
    ['/v2/SPX/state/gamma_zero/majors', /^parameter "category" in path: /],
    ['/v2/SPX/orderflow/gex_full', /^parameter "category" in path: /],
    ['/v2/S.X/classic/gex_full', /^parameter "ticker" in path: expected a ticker/],
    ['/v2/..%2F..%2Fetc/classic/gex_full', /^parameter "ticker" in path: /],
  ])('%s is a 400 that names the parameter (check 17)', async (path, message) => {
    const server = await serve();
    const answer = await server.get(path, bearer());
    expect([answer.status, answer.json.error]).toEqual([400, expect.stringMatching(message)]);
  });

  it('a ticker that is not loaded is a 404 (check 18)', async () => {
    const server = await serve();
    const answer = await server.get('/v2/ZZZZ/classic/gex_full', bearer());
    expect([answer.status, answer.json]).toEqual([404, { error: 'Data not found for ZZZZ/classic/gex_full' }]);
  });

  it('independent: chain, majors and maxchange each start at the first record (check 19)', async () => {
    const server = await serve({ endpointCacheMode: 'independent' });
    for (const path of [FULL, `${FULL}/majors`, `${FULL}/maxchange`, '/v2/SPX/classic/gex_zero']) {
      expect((await server.get(path, bearer())).json.timestamp).toBe(1777492798);
    }
  });

  it('shared: every route of a ticker and package moves one counter (check 20)', async () => {
    const server = await serve({ endpointCacheMode: 'shared' });
    const seen = [];
    for (const path of [FULL, `${FULL}/majors`, `${FULL}/maxchange`]) {
      seen.push((await server.get(path, bearer())).json.timestamp);
    }
    expect(seen).toEqual([1777492798, 1777492799, 1777492800]);
    expect((await server.get('/v2/SPX/classic/gex_zero', bearer())).status).toBe(404);
    expect((await server.get('/v2/SPX/state/gex_zero', bearer())).json.timestamp).toBe(1777492798);
  });

  it('rotation starts again after the last record (check 21)', async () => {
    const server = await serve({ cacheMode: 'rotation' });
    const seen = [];
    for (const _ of [1, 2, 3, 4]) seen.push((await server.get(FULL, bearer())).json.timestamp);
    expect(seen).toEqual([1777492798, 1777492799, 1777492800, 1777492798]);
  });

  it('interleaved keys do not disturb each other (check 22)', async () => {
    const server = await serve();
    const seen: Record<string, number[]> = { a: [], b: [] };
    for (const key of ['a', 'b', 'b', 'a', 'a', 'b']) {
      seen[key]?.push((await server.get(FULL, bearer(key))).json.timestamp - 1777492798);
    }
    expect(seen).toEqual({ a: [0, 1, 2], b: [0, 1, 2] });
  });

  it.each(['gzip', 'br', 'deflate'])(
    'a record is compressed with %s on request and unpacks to the same',
    async (encoding) => {
      const line = `{"timestamp":1,"strikes":[${Array.from({ length: 500 }, (_, i) => `[${i},0,0,[]]`).join(',')}]}`;
      const root = await archiveOf({ [`${DATE}/SPX/classic/gex_full.jsonl`]: `${line}\n${line}\n` });
      const server = await serve({ root });
      const packed = await server.get(FULL, { ...bearer(), 'accept-encoding': encoding });
      expect(packed.headers.get('content-encoding')).toBe(encoding);
      expect(packed.headers.get('vary')).toMatch(/accept-encoding/i);
      expect(packed.text).toBe(line);
      const plain = await server.get(FULL, { ...bearer(), 'accept-encoding': 'identity' });
      expect([plain.headers.get('content-encoding'), plain.text]).toEqual([null, line]);
    },
  );

  it('the last 10,000 keys are remembered, here the last two', async () => {
    const server = await serve({ maxKeys: 2 });
    const at = async (key: string) => (await server.get(FULL, bearer(key))).json.timestamp - 1777492798;
    expect([await at('a'), await at('b'), await at('a')]).toEqual([0, 0, 1]);
    expect(await at('c')).toBe(0);
    expect([await at('a'), await at('b')]).toEqual([2, 0]);
  });

  it('a file that lands while the day is served waits for the next reload', async () => {
    const root = await fixtureF();
    const server = await serve({ root });
    await addFiles(root, { [`${DATE}/SPX/classic/gex_one.jsonl`]: `${SAMPLES.gex}\n` });
    expect((await server.get('/SPX/classic/one?key=a')).status).toBe(404);
    await server.post('/reload-date', { date: DATE });
    expect((await server.get('/SPX/classic/one?key=a')).status).toBe(200);
  });
});
