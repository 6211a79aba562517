import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { addFiles, archiveOf, bearer, DATE, fixtureF, SAMPLES, serve } from './fixture.js';

const FULL = '/v2/SPX/classic/gex_full';

describe('reset', () => {
  it('of one key counts its positions and leaves other keys alone (check 23)', async () => {
    const server = await serve();
    for (const key of ['K', 'other']) await server.get(FULL, bearer(key));
    await server.get(`${FULL}/majors`, bearer('K'));
    const answer = await server.post('/reset-cache?key=K');
    expect(answer.json).toEqual({ status: 'success', message: 'Cache positions reset for key: ****', count: 2 });
    expect((await server.get(FULL, bearer('K'))).json.timestamp).toBe(1777492798);
    expect((await server.get(FULL, bearer('other'))).json.timestamp).toBe(1777492799);
  });

  it('of everything counts every position (check 24)', async () => {
    const server = await serve();
    for (const key of ['a', 'b', 'c']) await server.get(FULL, bearer(key));
    const answer = await server.post('/v2/reset-cache');
    expect(answer.json).toEqual({ status: 'success', message: 'All cache positions reset to index 0', count: 3 });
    expect((await server.get(FULL, bearer('a'))).json.timestamp).toBe(1777492798);
  });

  it('of an unknown key counts none', async () => {
    const server = await serve();
    expect((await server.post('/reset-cache?key=nobody')).json.count).toBe(0);
  });
});

describe.each(['memory', 'stream'] as const)('reload in data mode %s', (mode) => {
  it('of an unknown date is a 400 and the old day goes on (check 40)', async () => {
    const server = await serve({ mode });
    await server.get(FULL, bearer());
    const answer = await server.post('/reload-date', { date: '2099-01-01' });
    expect([answer.status, answer.json]).toEqual([400, { error: 'date not found: 2099-01-01' }]);
    expect((await server.get(FULL, bearer())).json.timestamp).toBe(1777492799);
    expect((await server.get('/current-date')).json.current_date).toBe(DATE);
  });

  it('of another day answers both dates and starts every key over (check 41)', async () => {
    const root = await fixtureF();
    await addFiles(root, { '2026-04-28/SPX/classic/gex_full.jsonl': '{"timestamp":1}\n{"timestamp":2}\n' });
    const server = await serve({ root, mode });
    await server.get(FULL, bearer());
    const answer = await server.post('/reload-date', { date: '2026-04-28' });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      status: 'success',
      previous_date: DATE,
      new_date: '2026-04-28',
      files_loaded: 1,
    });
    expect(Math.abs(Date.parse(answer.json.loaded_at) - Date.now())).toBeLessThan(60_000);
    expect((await server.get(FULL, bearer())).json.timestamp).toBe(1);
    expect((await server.get('/health')).json).toMatchObject({ data_date: '2026-04-28', files_loaded: 1 });
  });

  it('while requests run: each is answered from one of the two days, none fails', async () => {
    const record = (day: number, i: number): string => `{"day":${day},"timestamp":${i}}\n`;
    const lines = (day: number): string => Array.from({ length: 50 }, (_, i) => record(day, i)).join('');
    const root = await archiveOf({
      '2026-04-27/SPX/classic/gex_full.jsonl': lines(27),
      '2026-04-28/SPX/classic/gex_full.jsonl': lines(28),
    });
    const server = await serve({ root, mode });
    const ask = (): Promise<number>[] =>
      Array.from({ length: 20 }, async () => {
        const answer = await server.get(FULL, bearer());
        expect(answer.status).toBe(200);
        return answer.json.day;
      });
    const before = ask();
    const swap = server.post('/reload-date', { date: '2026-04-27' });
    const days = await Promise.all([...before, ...ask()]);
    expect((await swap).status).toBe(200);
    expect([27, 28]).toEqual(expect.arrayContaining([...new Set(days)]));
    expect((await server.get(FULL, bearer('new'))).text).toBe(record(27, 0).trim());
  });
});

describe('reload', () => {
  it('is refused with 409 while another one is under way', async () => {
    const server = await serve();
    const answers = await Promise.all([1, 2, 3].map(() => server.post('/reload-date', { date: DATE })));
    const refused = answers.filter((answer) => answer.status === 409);
    expect(answers.filter((answer) => answer.status === 200).length).toBeGreaterThan(0);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.json).toEqual({ error: 'reload already in progress' });
  });

  it.each([
    ['an impossible form', { date: '2026-4-9' }, /^parameter "date" in body: expected a date as YYYY-MM-DD/],
    ['no date', {}, /^parameter "date" in body: /],
    ['no body', undefined, /^the body: /],
    ['text that is not JSON', '{"date"', /^The body is not JSON/],
    ['a list', [], /^the body: /],
  ])('with %s is a 400 that says so', async (_name, body, message) => {
    const server = await serve();
    const answer = await server.post('/reload-date', body);
    expect([answer.status, answer.json.error]).toEqual([400, expect.stringMatching(message)]);
  });

  it('reads JSON under the content type that curl -d sends', async () => {
    const server = await serve();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await server.post('/reload-date', { date: DATE }, headers)).status).toBe(200);
  });

  it('refuses a body of more than 64 kB', async () => {
    const server = await serve();
    const answer = await server.post('/reload-date', { date: DATE, pad: 'x'.repeat(70_000) });
    expect([answer.status, Object.keys(answer.json)]).toEqual([413, ['error']]);
  });
});

describe('who may change the server', () => {
  it('a page of another origin may not, our own page may', async () => {
    const server = await serve();
    const own = { origin: server.url };
    expect((await server.post('/reset-cache', undefined, own)).status).toBe(200);
    for (const origin of ['https://evil.example', 'null', server.url.replace(/\d+$/, '1')]) {
      const answer = await server.post('/reset-cache', undefined, { origin });
      expect([answer.status, answer.json.error]).toEqual([403, expect.stringMatching(/may not change/)]);
    }
  });

  it('a page that points its own name at this machine may not', async () => {
    const server = await serve();
    const { port } = new URL(server.url);
    const host = `evil.example:${port}`;
    const status = await new Promise((resolve, reject) => {
      const headers = { host, origin: `http://${host}` };
      request({ host: '127.0.0.1', port, path: '/reset-cache', method: 'POST', headers })
        .on('response', (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });

  it('with ADMIN_TOKEN only its holder may', async () => {
    const server = await serve({ adminToken: 'secret-token' });
    expect((await server.post('/reset-cache')).status).toBe(401);
    expect((await server.post('/reset-cache', undefined, { 'x-admin-token': 'secret' })).status).toBe(401);
    expect((await server.post('/reset-cache', undefined, { 'x-admin-token': 'secret-token' })).status).toBe(200);
    expect((await server.post('/reset-cache', undefined, { authorization: 'Bearer secret-token' })).status).toBe(200);
  });

  it('beyond loopback nobody may without ADMIN_TOKEN, and the exposure is told', async () => {
    const server = await serve({ host: '0.0.0.0' });
    const url = server.url.replace('0.0.0.0', '127.0.0.1');
    expect((await fetch(`${url}/reset-cache`, { method: 'POST' })).status).toBe(403);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect(server.lines.filter((line) => line.level === 'warn').map((line) => line.message)).toEqual([
      expect.stringMatching(/listening on 0\.0\.0\.0: every machine .* ADMIN_TOKEN is not set/),
    ]);
  });
});

describe('logs', () => {
  it('never hold a full API key (check 76)', async () => {
    const server = await serve({ adminToken: 'token-of-the-admin' });
    const key = 'gexbot_custom_0123456789';
    await server.get(FULL, bearer(key));
    await server.get(`${FULL}?key=${key}`);
    await server.get(`/nowhere?key=${key}`);
    await server.get('/v2/SPX/classic/none', bearer(key));
    await server.get(FULL, bearer('abcd'));
    await server.post(`/reset-cache?key=${key}`, undefined, { 'x-admin-token': 'token-of-the-admin' });
    const log = JSON.stringify(server.lines);
    expect(log).toContain('"key":"gexb****"');
    expect(log).toContain('Cache positions reset for key: gexb****');
    expect(log).not.toContain(key.slice(0, 8));
    expect(log).not.toContain('abcd');
    expect(log).not.toContain('token-of');
  });

  it('tell of a broken record file, and the client gets no stack', async () => {
    const root = await archiveOf({ [`${DATE}/SPX/classic/gex_full.jsonl`]: `${SAMPLES.gex}\n` });
    const server = await serve({ root, mode: 'stream' });
    await addFiles(root, { [`${DATE}/SPX/classic/gex_full.jsonl`]: '' });
    const answer = await server.get(FULL, bearer());
    expect([answer.status, Object.keys(answer.json)]).toEqual([503, ['error']]);
    expect(server.lines.filter((line) => line.level === 'error')).toHaveLength(1);
    await addFiles(root, { [`${DATE}/SPX/classic/gex_full.jsonl`]: `${SAMPLES.gex}\n` });
    expect((await server.get(FULL, bearer())).json.timestamp).toBe(1777492800);
  });
});
