import { EventEmitter, once } from 'node:events';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { assembleServer } from '../../src/server/assemble.js';
import type { ServerOptions } from '../../src/server/start.js';
import { DATE, DEFAULTS, fixtureF, recordingCtx, serve } from './fixture.js';

const FULL = '/v2/SPX/classic/gex_full';
const KEY = 'Authorization: Bearer direct';

/** Everything the server writes for these heads, one connection each, without what differs by time. */
async function exchange(url: string, requests: readonly string[]): Promise<string[]> {
  const { hostname, port } = new URL(url);
  const answers: string[] = [];
  for (const request of requests) {
    const socket = connect(Number(port), hostname);
    const [line, ...fields] = request.split('\n');
    const head = [`${line} HTTP/1.1`, 'Host: gex', 'Connection: close', ...fields];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    answers.push((await text(socket)).replace(/\r\ndate: [^\r]*/i, ''));
  }
  return answers;
}

/** What the framework answers, and what the short way does: every request in order, then the positions they left. */
async function bothWays(requests: readonly string[], options: Partial<ServerOptions> = {}): Promise<string[][]> {
  const root = options.root ?? (await fixtureF());
  return Promise.all(
    [true, false].map(async (logRequests) => {
      const server = await serve({ ...options, root, logRequests });
      const answers = await exchange(server.url, [...requests, `GET ${FULL}\n${KEY}`, `GET /metrics`]);
      const counts = (answers.pop() as string)
        .split('\n')
        .filter((line) => line.startsWith('gex_http_requests_total{'));
      return [...answers, ...counts];
    }),
  );
}

/** How many of the requests are plain; the others are only nearly so. */
const PLAIN = 6;

const REQUESTS = [
  `GET ${FULL}\n${KEY}`,
  `GET /SPX/classic/gex_full\n${KEY}`,
  `GET /v2/spx/classic/full\n${KEY}`,
  `GET /es_spx/state/gamma_zero\n${KEY}`,
  `GET /ES_SPX/orderflow/orderflow\nAuthorization: Basic direct`,
  `GET /ES_SPX/state/zero\nAuthorization: direct`,
  `GET /v2/SPX/classic/gex_zero/\n${KEY}`,
  `GET ${FULL}?x=1\n${KEY}`,
  `GET /SPX/classic/gex%5Ffull\n${KEY}`,
  `GET /SPX/classic/gex_zero\n${KEY}\nAccept-Encoding: gzip`,
  `GET /SPX/classic/gex_zero\n${KEY}\nAccept-Encoding: identity`,
  `GET /SPX/classic/gex_zero?key=direct`,
  `GET /SPX/classic/gex_zero`,
  `GET /SPX/classic/gex_zero\nAuthorization: Bearer `,
  `GET /SPX/classic/gex_zero\nAuthorization: Bearer ${'k'.repeat(300)}`,
  `GET /SPX/classic/gamma_zero\n${KEY}`,
  `GET /SPX/classic/no_such\n${KEY}`,
  `GET /QQQ/classic/gex_full\n${KEY}`,
  `GET /S-P/classic/gex_full\n${KEY}`,
  `GET /SPX/classic/gex_full/majors\n${KEY}`,
  `HEAD ${FULL}\n${KEY}`,
  `POST ${FULL}\n${KEY}\nContent-Length: 0`,
  `OPTIONS ${FULL}\nOrigin: http://else.where\nAccess-Control-Request-Method: GET`,
  `GET /SPX/classic/gex_one\n${KEY}`,
];

describe('a plain request of a record', () => {
  it.each<[string, Partial<ServerOptions>]>([
    ['from memory', { mode: 'memory' }],
    ['from the file', { mode: 'stream' }],
    ['with one counter for a package', { endpointCacheMode: 'shared' }],
    ['in rotation', { cacheMode: 'rotation' }],
    ['by a clock', { clock: { owner: 'key', speed: 1, loop: false } }],
    ['with faults', { faults: { seed: 7, faults: [{ fault: 'status', probability: 0.5, status: 503 }] } }],
    ['with strict headers', { strictHeaders: true }],
    ['with a limit', { rateLimitPerSecond: 1000 }],
  ])('gets the bytes the framework would send, %s', async (_name, options) => {
    const requests = [...REQUESTS, ...REQUESTS, ...REQUESTS];
    const [long, short] = await bothWays(requests, options);
    expect(short).toEqual(long);
  });

  it('is not seen by the framework, and everything else is', async () => {
    const { ctx } = recordingCtx();
    const { app, close } = await assembleServer({ ...DEFAULTS, root: await fixtureF(), logRequests: false }, ctx);
    onTestFinished(close);
    const seen: string[] = [];
    app.addHook('onRequest', async ({ method, url }) => void seen.push(`${method} ${url}`));
    const url = await app.listen({ host: DEFAULTS.host, port: 0 });
    const [plain, others] = [REQUESTS.slice(0, PLAIN), REQUESTS.slice(PLAIN)];
    expect(await exchange(url, plain)).toEqual(plain.map(() => expect.stringMatching(/^HTTP\/1.1 200 /)));
    expect(seen).toEqual([]);
    await exchange(url, others);
    // The hook of the CORS plugin comes first and answers its own.
    expect(seen).toHaveLength(others.filter((request) => !request.startsWith('OPTIONS')).length);
  });

  it.each([true, false])('keeps its position when the file cannot be read (logging: %s)', async (logRequests) => {
    const root = await fixtureF();
    const server = await serve({ root, mode: 'stream', logRequests });
    const file = join(root, DATE, 'SPX/classic/gex_full.jsonl');
    const whole = await readFile(file);
    await truncate(file);
    const [broken] = await exchange(server.url, [REQUESTS[0] as string]);
    expect(broken).toMatch(/^HTTP\/1.1 503 .*\{"error":"[^"]+"\}$/s);
    await writeFile(file, whole);
    const [first] = await exchange(server.url, [REQUESTS[0] as string]);
    expect(first).toContain('"timestamp":1777492798,');
  });

  it('is refused like any other when the server closes', async () => {
    const { ctx } = recordingCtx();
    const { app, close } = await assembleServer({ ...DEFAULTS, root: await fixtureF(), logRequests: false }, ctx);
    const busy = new EventEmitter();
    const entered = once(busy, 'entered');
    app.get('/busy', async () => {
      busy.emit('entered');
      await once(busy, 'over');
      return {};
    });
    const url = await app.listen({ host: DEFAULTS.host, port: 0 });
    const held = exchange(url, ['GET /busy']);
    const socket = connect(Number(new URL(url).port), DEFAULTS.host);
    await Promise.all([once(socket, 'connect'), entered]);
    const closed = close();
    socket.write(`GET ${FULL} HTTP/1.1\r\nHost: gex\r\n${KEY}\r\n\r\n`);
    const [refused] = await once(socket, 'data');
    expect(String(refused)).toMatch(/^HTTP\/1.1 503 /);
    busy.emit('over');
    await Promise.all([closed, held]);
  });
});
