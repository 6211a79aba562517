import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { archiveOf, DATE, fixtureF, SAMPLES } from '../fixture.js';
import { ask, FIRST, FULL, KEYS, longDay, oneConnection, post, serveWorkers } from './serving.js';

const RECORDS = 12;
const counted = (count: number): number[] => Array.from({ length: count }, (_, i) => FIRST + i);

describe('with three workers', () => {
  it('fifty keys get each record once and in order, every request on a connection of its own', async () => {
    const { url, ready } = await serveWorkers({ root: await longDay(RECORDS) });
    expect(ready).toMatchObject({ schema: 'gex-serve/1', date: DATE, files: 1, tickers: ['SPX'], workers: 3 });
    await Promise.all(
      KEYS.map(async (key) => {
        const seen: number[] = [];
        for (let i = 0; i < RECORDS; i++) seen.push((await ask(url + FULL, { key })).json.timestamp);
        expect(seen).toEqual(counted(RECORDS));
        expect((await ask(url + FULL, { key })).status).toBe(404);
      }),
    );
  });

  it('many connections of one key at once share its records, none twice', async () => {
    const { url } = await serveWorkers({ root: await longDay(40) });
    for (const key of KEYS.slice(0, 6)) {
      const answers = await Promise.all(Array.from({ length: 40 }, () => ask(url + FULL, { key })));
      expect(answers.map(({ json }) => json.timestamp).sort()).toEqual(counted(40));
    }
  });

  it('one connection that carries many keys serves each in order, and the answers are those of one process', async () => {
    const root = await longDay(RECORDS);
    const { url } = await serveWorkers({ root });
    const agent = oneConnection();
    for (let i = 0; i < RECORDS; i++) {
      for (const key of KEYS) {
        const answer = await ask(url + FULL, { key, agent });
        expect([answer.status, answer.json.timestamp]).toEqual([200, FIRST + i]);
        expect(answer.headers).toMatchObject({
          'content-type': 'application/json; charset=utf-8',
          'content-length': String(SAMPLES.gex.length),
          'access-control-allow-origin': '*',
        });
      }
    }
    for (const key of KEYS.slice(0, 8)) {
      const { status, json } = await ask(url + FULL, { key, agent });
      expect([status, json]).toEqual([404, { error: 'No more data available' }]);
    }
  });

  it('chain, majors and maxchange of a key share one position in shared mode, wherever they are asked', async () => {
    const { url } = await serveWorkers({ root: await longDay(RECORDS), env: { ENDPOINT_CACHE_MODE: 'shared' } });
    for (const key of KEYS.slice(0, 8)) {
      const seen: number[] = [];
      for (const view of ['', '/majors', '/maxchange', '/majors', '']) {
        seen.push((await ask(`${url}${FULL}${view}`, { key })).json.timestamp);
      }
      expect(seen).toEqual(counted(5));
    }
  });

  it('keys in the query, as Basic, bare or escaped are the same key', async () => {
    const { url } = await serveWorkers({ root: await longDay(RECORDS) });
    for (const key of ['a b', 'ünï', 'x+y', 'plain']) {
      const seen = [
        await ask(`${url}${FULL}?key=${encodeURIComponent(key)}`),
        await ask(`${url}${FULL}?key=${encodeURIComponent(key)}&x=1`),
      ];
      expect(seen.map(({ json }) => json.timestamp)).toEqual(counted(2));
    }
    const seen = await Promise.all(
      ['Bearer same', 'basic same', 'same'].map((authorization) => ask(url + FULL, { headers: { authorization } })),
    );
    expect(seen.map(({ json }) => json.timestamp).sort()).toEqual(counted(3));
  });
});

describe('a request for another worker than the one with the connection', () => {
  it('keeps its body, chunked or not, its size limit, its method and its compression', async () => {
    const { url } = await serveWorkers({ root: await fixtureF() });
    const agent = oneConnection();
    const groups = JSON.stringify({ groups: ['SPX_classic_gex_full', 'SPX_spot'] });
    for (const key of KEYS.slice(0, 6)) {
      const half = groups.length >> 1;
      const chunked = [groups.slice(0, half), groups.slice(half)];
      const negotiated = await post(`${url}/v2/negotiate`, undefined, { key, agent, body: chunked });
      expect(Object.keys(negotiated.json.websocket_urls)).toContain('v2_classic');
      const whole = { 'content-length': String(groups.length) };
      expect((await post(`${url}/negotiate`, undefined, { key, agent, body: [groups], headers: whole })).status).toBe(
        200,
      );
      expect((await ask(url + FULL, { key, agent, method: 'HEAD' })).status).toBe(405);
      const zipped = await ask(`${url}/negotiate`, { key, agent, headers: { 'accept-encoding': 'gzip' } });
      expect(zipped.headers['content-encoding']).toBe('gzip');
      expect((await post(`${url}/negotiate`, undefined, { key, agent, body: ['x'.repeat(70_000)] })).status).toBe(413);
      expect((await post(`${url}/negotiate`, { groups: [] }, { key, agent })).status).toBe(400);
    }
  });

  it('streams for hours and ends with its client', async () => {
    const env = { SYNC_BROADCAST_SYSTEM_ENABLED: 'true', SYNC_BROADCAST_SYSTEM_INTERVAL: '20ms' };
    const { url, story } = await serveWorkers({ root: await longDay(RECORDS), env });
    const { hostname, port } = new URL(url);
    for (const key of KEYS.slice(0, 4)) {
      const socket = connect(Number(port), hostname);
      onTestFinished(() => void socket.destroy());
      let heard = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        heard += chunk;
      });
      // The first request has no key, so any worker has the connection by now.
      socket.write(`GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /sync/stream?key=${key} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await expect.poll(() => heard).toMatch(/event: snapshot.*event: batch.*event: batch/s);
      socket.resetAndDestroy();
    }
    expect(story.filter((line) => / (warn|error) /.test(line))).toEqual([]);
  });

  it('needs the secret of this run at the private addresses, and a client cannot make one up', async () => {
    const { url, temp } = await serveWorkers({ root: await longDay(RECORDS), workers: 2 });
    const [folder = ''] = readdirSync(temp).filter((name) => name.startsWith('gex-workers-'));
    expect(statSync(`${temp}/${folder}`).mode & 0o777).toBe(0o700);
    const sockets = readdirSync(`${temp}/${folder}`);
    expect(sockets.sort()).toEqual(['0.sock', '1.sock']);
    for (const name of sockets) {
      for (const header of ['', `gex-worker: ${'0'.repeat(64)}\r\n`]) {
        const socket = connect(`${temp}/${folder}/${name}`);
        await once(socket, 'connect');
        socket.write(`GET ${FULL}?key=a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${header}\r\n`);
        expect(await text(socket)).toMatch(/^HTTP\/1\.1 403 /);
      }
    }
    const forged = { 'gex-worker': '0'.repeat(64) };
    expect((await ask(url + FULL, { key: 'a', headers: forged })).json.timestamp).toBe(FIRST);
  });
});

describe('the public address', () => {
  const raw = async (url: string, pieces: readonly string[]): Promise<string> => {
    const { hostname, port } = new URL(url);
    const socket = connect({ port: Number(port), host: hostname, noDelay: true });
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
    const answer = text(socket);
    for (const piece of pieces) await new Promise<void>((resolve) => socket.write(piece, () => setImmediate(resolve)));
    return answer;
  };

  it('takes a head in any number of pieces, and requests in a row', async () => {
    const { url } = await serveWorkers({ root: await longDay(RECORDS) });
    const one = (key: string, last: string) =>
      `GET ${FULL} HTTP/1.1\r\nHost: x\r\n${last}Authorization: Bearer ${key}\r\n\r\n`;
    const row = KEYS.slice(0, 5).map((key, i) => one(key, i === 4 ? 'Connection: close\r\n' : ''));
    for (const pieces of [[...row.join('')], [row.join('')]]) {
      const answer = await raw(url, pieces);
      expect(answer.match(/HTTP\/1\.1 200 /g)).toHaveLength(5);
    }
    const answer = await raw(url, [...one('key-0', 'Connection: close\r\n')]);
    expect(answer).toContain(`"timestamp":${FIRST + 2},`);
  });

  it('has what is no request, or is too long, answered as one process does', async () => {
    const { url } = await serveWorkers({ root: await longDay(RECORDS), workers: 2 });
    expect(await raw(url, ['nonsense\r\n\r\n'])).toMatch(/^HTTP\/1\.1 400 .*cannot be read/s);
    expect(await raw(url, [`GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`])).toMatch(/^HTTP\/1\.1 431 /);
    expect((await ask(`${url}/nowhere`)).status).toBe(404);
    expect((await ask(url + FULL)).json).toEqual({ error: 'Authorization header not found.' });
  });

  it('counts the connections of all workers', async () => {
    const { url } = await serveWorkers({
      root: await archiveOf({ [`${DATE}/SPX/classic/gex_full.jsonl`]: `${SAMPLES.gex}\n` }),
      env: { MAX_CONNECTIONS: '3' },
    });
    const agents = [oneConnection(), oneConnection(), oneConnection()];
    for (const [i, agent] of agents.entries())
      expect((await ask(url + FULL, { key: KEYS[i] ?? '', agent })).status).toBe(200);
    await expect(ask(`${url}/health`)).rejects.toThrow();
    agents[0]?.destroy();
    await expect
      .poll(() =>
        ask(`${url}/health`).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
  });
});
