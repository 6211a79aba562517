import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROUTES } from '../../src/server/routes.js';
import * as schemas from '../../src/server/schemas.js';
import { addFiles, archiveOf, bearer, DATE, fixtureF, SAMPLES, serve } from './fixture.js';
import { serveSockets } from './sockets/clients.js';

describe('catalogue', () => {
  it('/tickers lists the whole universe without a key (check 25)', async () => {
    const server = await serve();
    for (const path of ['/v2/tickers', '/tickers']) {
      const { status, json } = await server.get(path);
      expect([status, Object.keys(json)]).toEqual([200, ['stocks', 'indexes', 'futures']]);
      expect(json.futures).toEqual(['ES_SPX', 'NQ_NDX']);
      expect(json.indexes).toContain('SPX');
      expect(json.stocks).toHaveLength(53);
    }
  });

  it('/tickers?loaded=true lists the loaded day by class', async () => {
    const root = await fixtureF();
    await addFiles(root, { [`${DATE}/SPY/classic/gex_zero.jsonl`]: `${SAMPLES.gex}\n` });
    const server = await serve({ root });
    const { json } = await server.get('/tickers?loaded=true');
    expect(json).toEqual({ stocks: ['SPY'], indexes: ['SPX'], futures: ['ES_SPX'] });
  });

  it('/{package}/categories is public (check 26)', async () => {
    const server = await serve();
    expect((await server.get('/classic/categories')).json).toEqual(['gex_full', 'gex_zero', 'gex_one']);
    expect((await server.get('/v2/state/categories')).json).toHaveLength(11);
    expect((await server.get('/orderflow/categories')).json).toEqual(['orderflow']);
    const unknown = await server.get('/none/categories');
    expect([unknown.status, unknown.json.error]).toEqual([400, expect.stringMatching(/^parameter "package" in path/)]);
  });

  it('/tickers/quant has 50 stocks and XSP (check 27)', async () => {
    const server = await serve();
    const { json } = await server.get('/tickers/quant');
    expect(new Set(json.stocks).size).toBe(50);
    expect(json.indexes).toEqual(['XSP']);
  });
});

describe('state of the server', () => {
  it('/health tells the date and the modes (check 42)', async () => {
    const server = await serve({ mode: 'stream', cacheMode: 'rotation' });
    expect((await server.get('/health')).json).toEqual({
      status: 'ok',
      data_date: DATE,
      data_mode: 'stream',
      cache_mode: 'rotation',
      playback: 'request',
      endpoint_cache_mode: 'independent',
      faults: { active: false, seed: 1, count: 0 },
      files_loaded: 10,
    });
  });

  it('/available-dates lists only days that hold records', async () => {
    const root = await fixtureF();
    await addFiles(root, {
      '2026-04-30/SPX/classic/gex_full.json': '[]',
      '2026-04-27/SPX/classic/gex_full.jsonl': `${SAMPLES.gex}\n`,
      '.staging/2026-05-01/SPX/classic/gex_full.jsonl': `${SAMPLES.gex}\n`,
    });
    const server = await serve({ root });
    expect((await server.get('/available-dates')).json).toEqual({ dates: ['2026-04-27', DATE], count: 2 });
    expect((await server.get('/current-date')).json).toMatchObject({ current_date: DATE, files_loaded: 10 });
  });

  it('/available-data tells what a day holds, filtered by ticker on request', async () => {
    const server = await serve();
    const all = await server.get(`/available-data/${DATE}`);
    expect(all.json.summary).toEqual({ total_tickers: 2, total_files: 10 });
    const one = await server.get(`/available-data/${DATE}?ticker=es_spx`);
    expect(one.json.tickers).toEqual([
      {
        symbol: 'ES_SPX',
        packages: [
          { name: 'classic', categories: ['gex_full', 'gex_zero'] },
          { name: 'state', categories: ['gamma_zero', 'gex_zero'] },
          { name: 'orderflow', categories: ['orderflow'] },
        ],
      },
    ]);
    const none = await server.get('/available-data/2026-01-01');
    expect(none.json).toMatchObject({ tickers: [], summary: { total_tickers: 0, total_files: 0 } });
    expect((await server.get('/available-data/2026-1-1')).status).toBe(400);
  });
});

describe('downloads', () => {
  it('links lead to the files as stored', async () => {
    const server = await serve();
    const { json } = await server.get(`/download/${DATE}/spx/links`);
    expect(json.links).toEqual({
      classic: [`/download/${DATE}/SPX/classic/full`, `/download/${DATE}/SPX/classic/zero`],
      state: [`/download/${DATE}/SPX/state/gamma_zero`, `/download/${DATE}/SPX/state/zero`],
      orderflow: [`/download/${DATE}/SPX/orderflow`],
    });
    expect(json.summary).toEqual({ total_links: 5 });
    const names = [];
    for (const path of Object.values(json.links as Record<string, string[]>).flat()) {
      const file = await server.get(path);
      expect([file.status, file.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
      expect(file.headers.get('content-length')).toBe(String(file.text.length));
      expect(file.text.split('\n')).toHaveLength(4);
      names.push(/filename="(.*)"/.exec(file.headers.get('content-disposition') ?? '')?.[1]);
    }
    expect(names).toEqual([
      `${DATE}_SPX_classic_gex_full.jsonl`,
      `${DATE}_SPX_classic_gex_zero.jsonl`,
      `${DATE}_SPX_state_gamma_zero.jsonl`,
      `${DATE}_SPX_state_gex_zero.jsonl`,
      `${DATE}_SPX_orderflow.jsonl`,
    ]);
  });

  it('what is not held is a 404 that names it', async () => {
    const server = await serve();
    const links = await server.get(`/download/${DATE}/QQQ/links`);
    expect([links.status, links.json.error]).toEqual([404, `No data found for ${DATE}/QQQ`]);
    const file = await server.get(`/download/${DATE}/SPX/classic/one`);
    expect([file.status, file.json.error]).toEqual([404, `File not found: ${DATE}/SPX/classic/gex_one.jsonl`]);
    const day = await server.get('/download/2026-02-30/SPX/orderflow');
    expect([day.status, day.json.error]).toEqual([400, expect.stringMatching(/2026-02-30/)]);
  });

  it.each([
    '/download/..%2F..%2Fetc/SPX/orderflow',
    `/download/${DATE}/..%2F..%2Fetc/orderflow`,
    `/download/${DATE}/SPX/classic/..%2F..%2Fpasswd`,
  ])('%s does not leave the archive', async (path) => {
    const server = await serve();
    expect((await server.get(path)).status).toBe(400);
  });
});

describe('the table of routes', () => {
  it('is the OpenAPI document, in JSON and in YAML', async () => {
    const server = await serve();
    const { json } = await server.get('/openapi.json');
    const documented = Object.entries(json.paths).flatMap(([path, methods]) =>
      Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(documented.sort()).toEqual(ROUTES.map((row) => `${row.method} ${row.path}`).sort());
    for (const row of ROUTES) {
      const operation = json.paths[row.path][row.method.toLowerCase()];
      const names = (operation.parameters ?? []).map((parameter: { name: string }) => parameter.name);
      expect(names).toEqual(expect.arrayContaining([...row.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])));
      expect(operation.responses['200'].description).toBe(row.answer.description);
      expect(operation.summary).toBe(row.summary);
      if (row.access === 'key') expect(operation.security).toEqual([{ bearer: [] }, { key: [] }]);
    }
    expect(json.servers.map((base: { url: string }) => base.url)).toEqual(['/', '/v2']);
    expect(parse((await server.get('/openapi.yaml')).text)).toEqual(json);
    const used = [...JSON.stringify(json.paths).matchAll(/#\/components\/schemas\/(\w+)/g)].map((match) => match[1]);
    expect(Object.keys(json.components.schemas).sort()).toEqual([...new Set(used)].sort());
  });

  it('is mounted with and without /v2', async () => {
    const server = await serveSockets();
    const fill = { ticker: 'SPX', date: DATE, package: 'classic' } as Record<string, string>;
    const others: Record<string, number> = {
      '/hist/{ticker}/{package}/{category}/{date}': 302,
      '/files/{ticker}/{package}/{category}/{date}': 400,
      '/futures/conversion': 400,
      '/research/{ticker}/{metric}': 501,
      '/sync/stream': 404, // off by default
    };
    for (const row of ROUTES.filter((row) => row.method === 'GET')) {
      const category = row.path.includes('orderflow') ? 'orderflow' : 'zero';
      const path = row.path.replace(/\{(\w+)\}/g, (_, name: string) => fill[name] ?? category);
      for (const prefix of ['', '/v2']) {
        const { status } = await server.get(prefix + path, bearer(prefix + path));
        expect([path, status]).toEqual([path, row.refusals?.[426] === undefined ? (others[row.path] ?? 200) : 426]);
      }
    }
  });

  it('describes the records: the samples hold exactly the documented keys', () => {
    const keysOf = (line: string): string[] => Object.keys(JSON.parse(line)).sort();
    expect(keysOf(SAMPLES.gex)).toEqual(Object.keys(schemas.gexChain.shape).sort());
    expect(keysOf(SAMPLES.greek)).toEqual(Object.keys(schemas.greekProfile.shape).sort());
    expect(keysOf(SAMPLES.orderflow)).toEqual(Object.keys(schemas.orderflow.shape).sort());
    expect(schemas.gexChain.safeParse(JSON.parse(SAMPLES.gex)).error).toBeUndefined();
    expect(schemas.greekProfile.safeParse(JSON.parse(SAMPLES.greek)).error).toBeUndefined();
    expect(schemas.orderflow.safeParse(JSON.parse(SAMPLES.orderflow)).error).toBeUndefined();
  });

  it('/docs is a page with a charset that loads only from this server', async () => {
    const server = await serve();
    const page = await server.get('/docs');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'self'/);
    const links = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) {
      const answer = await server.get(new URL(link, `${server.url}/docs`).pathname);
      expect([link, answer.status]).toEqual([link, 200]);
      if (link.endsWith('.js')) expect(answer.headers.get('content-type')).toMatch(/javascript; charset=utf-8/i);
    }
    const document = await server.get('/docs/json');
    expect(document.json).toEqual((await server.get('/openapi.json')).json);
  });
});

describe('what is not a route', () => {
  it('an unknown path is a JSON 404 that does not repeat the query', async () => {
    const server = await serve();
    const answer = await server.get('/nowhere?key=secret');
    expect([answer.status, answer.text]).toEqual([404, '{"error":"No route GET /nowhere"}']);
  });

  it.each([
    ['DELETE', '/v2/SPX/classic/gex_full', 'GET'],
    ['HEAD', '/SPX/classic/gex_full', 'GET'],
    ['GET', '/reload-date', 'POST'],
    ['PUT', '/tickers', 'GET'],
  ])('%s %s is a 405 that names what is allowed and moves nothing', async (method, path, allow) => {
    const server = await serve();
    const answer = await fetch(server.url + path, { method, headers: bearer() });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
    const text = await answer.text();
    if (method !== 'HEAD') expect(JSON.parse(text)).toEqual({ error: `${method} is not allowed here; use ${allow}.` });
    expect((await server.post('/reset-cache')).json.count).toBe(0);
  });

  it('a path with a broken escape is a JSON 400', async () => {
    const server = await serve();
    const answer = await server.get('/SPX/classic/%zz');
    expect([answer.status, Object.keys(answer.json)]).toEqual([400, ['error']]);
  });

  it.each([
    ['bytes that are not HTTP', 'hello\r\n\r\n', 400],
    ['headers of 20 kB', `GET /health HTTP/1.1\r\nHost: a\r\nX-Pad: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])('%s get a JSON answer and the connection ends', async (_name, bytes, status) => {
    const server = await serve();
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.write(bytes));
    const [head, body = ''] = (await text(socket)).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} .*application/json`, 's'));
    expect(Object.keys(JSON.parse(body))).toEqual(['error']);
  });

  it('the bare address leads to the documents', async () => {
    const server = await serve();
    const answer = await server.get('/');
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/docs']);
  });
});

describe('browsers of other origins', () => {
  it.each(['/v2/SPX/classic/gex_full', '/tickers', '/reload-date', '/anything'])(
    'may ask for %s first (check 75)',
    async (path) => {
      const server = await serve();
      for (const preflight of [{}, { 'access-control-request-method': 'GET' }]) {
        const headers = { origin: 'https://page.example', ...preflight };
        const answer = await fetch(server.url + path, { method: 'OPTIONS', headers });
        expect(answer.status).toBe(204);
        expect(answer.headers.get('access-control-allow-origin')).toBe('*');
        expect(answer.headers.get('access-control-allow-methods')).toBe('GET, POST, PATCH');
        expect(answer.headers.get('access-control-allow-headers')).toMatch(/authorization/i);
      }
    },
  );

  it('may read answers and errors', async () => {
    const server = await serve();
    for (const path of ['/tickers', '/SPX/classic/zero?key=a', '/SPX/classic/zero', '/nowhere']) {
      const answer = await server.get(path, { origin: 'https://page.example' });
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    }
  });
});

it('a day of an instrument outside the vendor universe is served too', async () => {
  const root = await archiveOf({ [`${DATE}/DEMO1/classic/gex_full.jsonl`]: `${SAMPLES.gex}\n` });
  const server = await serve({ root });
  expect((await server.get('/demo1/classic/full?key=a')).status).toBe(200);
});
