import { EventEmitter, once } from 'node:events';
import { get, type IncomingMessage, type ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../src/io/ctx.js';
import { Replay } from '../../src/server/replay.js';
import type { ServerOptions } from '../../src/server/start.js';
import { Sync } from '../../src/server/sync.js';
import { bearer, DATE, DEFAULTS, fixtureF, recordingCtx, serve } from './fixture.js';

const FULL = '/v2/SPX/classic/gex_full';
const KEY = 'gexbot_custom_test';

interface Event {
  readonly event: string;
  readonly id: number;
  // biome-ignore lint/suspicious/noExplicitAny: looked into by the tests
  readonly data: any;
}

/** A client of /sync/stream; `next` gives one event, comments as events without a name. */
async function listen(url: string, key = KEY) {
  const request = get(`${url}/v2/sync/stream?key=${key}`);
  onTestFinished(() => void request.destroy());
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.setEncoding('utf8');
  const chunks = response[Symbol.asyncIterator]();
  let text = '';
  const next = async (): Promise<Event | string | undefined> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end >= 0) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        const parts = /^event: (\w+)\nid: (\d+)\ndata: (.*)$/.exec(block);
        return parts ? { event: parts[1] ?? '', id: Number(parts[2]), data: JSON.parse(parts[3] ?? '') } : block;
      }
      const { value, done } = await chunks.next();
      if (done) return undefined;
      text += value;
    }
  };
  const event = async (): Promise<Event> => {
    const found = await next();
    if (typeof found !== 'object') throw new Error(`no event but ${found}`);
    return found;
  };
  return { response, next, event };
}

const synced = (options: Partial<ServerOptions> = {}, clock?: Clock) =>
  serve({ sync: { id: 'me', intervalMs: 20 }, ...options }, clock);

describe('/sync/stream', () => {
  it('starts with a snapshot, then tells batches, numbered without gaps', async () => {
    const server = await synced();
    await server.get(FULL, bearer());
    const { response, event } = await listen(server.url);
    expect(response.headers).toMatchObject({ 'content-type': 'text/event-stream', 'access-control-allow-origin': '*' });
    const snapshot = await event();
    expect(snapshot).toEqual({
      event: 'snapshot',
      id: 1,
      data: {
        broadcaster_id: 'me',
        data_date: DATE,
        cache_mode: 'exhaust',
        timestamp: expect.any(Number),
        sequence: 1,
        positions: [
          {
            cache_key: 'SPX/classic/gex_full/gexb****',
            index: 1,
            data_length: 3,
            data_timestamp: 1777492799,
            exhausted: false,
          },
        ],
      },
    });
    expect([await event(), await event()]).toMatchObject([
      { event: 'batch', id: 2, data: { sequence: 2 } },
      { event: 'batch', id: 3, data: { sequence: 3 } },
    ]);
  });

  it('tells majors and maxchange too, only of its own key, and the end of the data', async () => {
    const server = await synced();
    for (const view of ['', '/majors', '/maxchange']) await server.get(FULL + view, bearer());
    for (let i = 0; i < 3; i++) await server.get(`${FULL}/majors`, bearer());
    await server.get('/v2/SPX/state/gamma', bearer('other'));
    const { data } = await (await listen(server.url)).event();
    expect(data.positions.map((one: { cache_key: string }) => one.cache_key)).toEqual([
      'SPX/classic/gex_full/gexb****',
      'SPX/classic/gex_full_majors/gexb****',
      'SPX/classic/gex_full_maxchange/gexb****',
    ]);
    expect(data.positions[1]).toMatchObject({ index: 3, data_timestamp: 0, exhausted: true });
  });

  it('in shared mode needs no gex_full, and starts over in rotation', async () => {
    const server = await synced({ endpointCacheMode: 'shared', cacheMode: 'rotation' });
    for (let i = 0; i < 3; i++) await server.get('/v2/SPX/state/gamma', bearer());
    const { data } = await (await listen(server.url)).event();
    expect(data.positions).toEqual([
      { cache_key: 'SPX/state/gexb****', index: 0, data_length: 3, data_timestamp: 1777492798, exhausted: false },
    ]);
  });

  it('shows nothing of a key, in the stream or in the log', async () => {
    const server = await synced({ endpointCacheMode: 'shared' });
    const keys = ['gexbot_custom_secret', 'abc'];
    for (const key of keys) {
      await server.get(FULL, bearer(key));
      const text = JSON.stringify(await (await listen(server.url, key)).event());
      expect(text).not.toContain(key === 'abc' ? '/abc' : key);
      expect(text).toContain(key === 'abc' ? 'SPX/classic/****' : 'SPX/classic/gexb****');
    }
    for (const key of keys) expect(JSON.stringify(server.lines)).not.toMatch(new RegExp(`\\b${key}\\b`));
  });

  it('says something every 15 seconds when batches are rarer', async () => {
    let nowMs = 0;
    const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
      if (signal?.aborted) throw signal.reason;
      nowMs += ms;
      await new Promise(setImmediate);
    };
    const server = await synced({ sync: { id: 'me', intervalMs: 40_000 } }, { now: () => nowMs, sleep });
    const { next } = await listen(server.url);
    const told: unknown[] = [];
    for (let i = 0; i < 7; i++) {
      const one = await next();
      told.push(typeof one === 'object' ? one.event : one);
    }
    const beat = ': still here';
    expect(told).toEqual(['snapshot', beat, beat, 'batch', beat, beat, 'batch']);
  });

  it('a client that does not read has ten events waiting, the next ones are left out and leave a gap', async () => {
    const { ctx } = recordingCtx();
    const replay = await Replay.open({ ...DEFAULTS, root: await fixtureF() }, ctx);
    const sync = new Sync({ id: 'me', intervalMs: 1 }, replay, ctx);
    const taken: (() => void)[] = [];
    const written: string[] = [];
    const response = Object.assign(new EventEmitter(), {
      destroyed: false,
      write: (text: string, done: () => void) => {
        written.push(text);
        taken.push(done);
      },
      end: () => {},
    });
    const running = sync.run(KEY, response as unknown as ServerResponse);
    await expect.poll(() => written.length).toBe(10);
    for (let i = 0; i < 5; i++) await ctx.clock.sleep(2);
    expect(written.length).toBe(10);
    taken[0]?.();
    await expect.poll(() => written.length).toBe(11);
    const ids = written.map((text) => Number(/id: (\d+)/.exec(text)?.[1]));
    expect(ids.slice(0, 10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(ids[10]).toBeGreaterThan(11);
    response.emit('close');
    await running;
    await replay.close();
  });

  it('ends with the server, at once', async () => {
    const server = await synced({ sync: { id: 'me', intervalMs: 3_600_000 } });
    const { next } = await listen(server.url);
    await next();
    const started = performance.now();
    await server.close();
    expect(await next()).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(5000);
    expect(server.lines.filter((line) => line.level === 'warn' || line.level === 'error')).toEqual([]);
  });

  it('is a 404 that names the setting unless it is turned on, and asks for a key', async () => {
    const off = await serve();
    const answer = await off.get('/sync/stream?key=k');
    expect([answer.status, answer.json.error]).toEqual([404, expect.stringMatching(/SYNC_BROADCAST_SYSTEM_ENABLED/)]);
    const on = await synced({}, systemClock);
    expect((await on.get('/sync/stream')).json).toEqual({ error: 'Authorization header not found.' });
  });
});
