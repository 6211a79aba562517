import { describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/io/ctx.js';
import { nextRecord } from '../../src/server/next-record.js';
import { Replay } from '../../src/server/replay.js';
import type { ServerOptions } from '../../src/server/start.js';
import { archiveOf, bearer, DEFAULTS, recordingCtx, serve } from './fixture.js';

const START = 1777470000;
const FULL = '/v2/SPX/classic/gex_full';
const FLOW = '/v2/SPX/orderflow/orderflow';

const lines = (...seconds: readonly number[]): string =>
  seconds.map((second) => `{"timestamp":${START + second},"ticker":"SPX"}\n`).join('');

/** gex_full every second for ten seconds, orderflow every two from the third on. */
const archive = () =>
  archiveOf({
    '2026-04-29/SPX/classic/gex_full.jsonl': lines(0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    '2026-04-29/SPX/orderflow/orderflow.jsonl': lines(2, 4, 6, 8),
  });

class FakeClock implements Clock {
  #nowMs = 1_900_000_000_000;
  now(): number {
    return this.#nowMs;
  }
  pass(ms: number): void {
    this.#nowMs += ms;
  }
  sleep = systemClock.sleep;
}

const KEYED = { owner: 'key', speed: 1, loop: false } as const;

const clocked = (options: Partial<ServerOptions> = {}) => byRequest({ clock: KEYED, ...options });

async function byRequest(options: Partial<ServerOptions> = {}) {
  const clock = new FakeClock();
  const server = await serve({ root: await archive(), ...options }, clock);
  const second = async (path = FULL, key = 'me'): Promise<number | undefined> => {
    const answer = await server.get(path, bearer(key));
    return answer.status === 404 ? undefined : answer.json.timestamp - START;
  };
  const tell = (body: object) => server.post('/playback', body);
  return { server, clock, second, tell };
}

describe.each(['memory', 'stream'] as const)('clock mode, data mode %s', (mode) => {
  it('serves the last record the clock has reached, again and again until the next is', async () => {
    const { clock, second } = await clocked({ mode });
    expect([await second(), await second()]).toEqual([0, 0]);
    clock.pass(999);
    expect(await second()).toBe(0);
    clock.pass(1);
    expect(await second()).toBe(1);
    clock.pass(5500);
    expect([await second(), await second(FLOW)]).toEqual([6, 6]);
  });

  it('a stream whose first record is still to come is a 404', async () => {
    const { server, clock, second } = await clocked({ mode });
    expect(await second(FLOW)).toBeUndefined();
    expect((await server.get(FLOW, bearer('me'))).json).toEqual({ error: 'No record at this time yet' });
    clock.pass(2000);
    expect(await second(FLOW)).toBe(2);
  });
});

describe('the clock of a key', () => {
  it('starts with its first request and is its own', async () => {
    const { clock, second } = await clocked();
    await second(FULL, 'a');
    clock.pass(3000);
    expect([await second(FULL, 'a'), await second(FULL, 'b')]).toEqual([3, 0]);
  });

  it('shows REST and sockets the same instant', async () => {
    const clock = new FakeClock();
    const { ctx } = recordingCtx(clock);
    const replay = await Replay.open({ ...DEFAULTS, root: await archive(), clock: KEYED }, ctx);
    const stream = replay.session.library.find('SPX', 'classic', 'full');
    if (!stream) throw new Error('not loaded');
    const at = (counter: string) =>
      nextRecord(replay.session, { apiKey: 'k', counter, stream }, (record, index) => [index, JSON.parse(`${record}`)]);
    for (const ms of [0, 1500, 300, 4000]) {
      clock.pass(ms);
      expect(await at(stream.counters.socket)).toEqual(await at(stream.counters.chain));
    }
    expect(await at(stream.counters.socket)).toMatchObject([5, { timestamp: START + 5 }]);
    await replay.close();
  });

  it('stands at the last record at the end', async () => {
    const { clock, second, tell } = await clocked();
    await second();
    clock.pass(3_600_000);
    expect(await second()).toBe(9);
    expect((await tell({ key: 'me', action: 'play' })).json.clock).toMatchObject({ ended: true, loop: false });
  });

  it('loops where it is told to, the last record lasting a second', async () => {
    const { clock, second } = await clocked({ clock: { ...KEYED, loop: true } });
    await second();
    clock.pass(9999);
    expect(await second()).toBe(9);
    clock.pass(1);
    expect(await second()).toBe(0);
  });

  it('pauses, plays on, steps from record to record, changes speed and seeks', async () => {
    const { clock, second, tell } = await clocked();
    await second();
    clock.pass(1500);
    await tell({ key: 'me', action: 'pause' });
    clock.pass(60_000);
    expect(await second()).toBe(1);
    const step = await tell({ key: 'me', action: 'step' });
    expect(step.json.clock).toMatchObject({ timestamp: START + 2, paused: true });
    await tell({ key: 'me', action: 'step' });
    expect([await second(), await second(FLOW)]).toEqual([3, 2]);
    await tell({ key: 'me', action: 'play', speed: 2 });
    clock.pass(1000);
    expect(await second()).toBe(5);
    await tell({ key: 'me', action: 'speed', speed: 0.1 });
    clock.pass(10_000);
    expect(await second()).toBe(6);
    const sought = await tell({ key: 'me', action: 'seek', at: START + 4 });
    expect(sought.json.clock).toEqual({
      at: new Date((START + 4) * 1000).toISOString(),
      timestamp: START + 4,
      speed: 0.1,
      paused: false,
      loop: false,
      ended: false,
    });
    expect(await second()).toBe(4);
    await tell({ key: 'me', action: 'seek', at: new Date((START + 8) * 1000).toISOString(), speed: 1 });
    await tell({ key: 'me', action: 'loop' });
    clock.pass(2000);
    expect(await second()).toBe(0);
  });

  it('a reset starts it over', async () => {
    const { server, clock, second } = await clocked();
    await second();
    clock.pass(5000);
    await second();
    expect((await server.post('/reset-cache?key=me')).json.count).toBe(1);
    expect(await second()).toBe(0);
  });

  it.each([
    [{ action: 'play' }, /Every API key has its own clock here/],
    [{ key: 'me', action: 'seek' }, /"at" in body: needed by action "seek"/],
    [{ key: 'me', action: 'speed' }, /"speed" in body/],
    [{ key: 'me', action: 'speed', speed: 101 }, /"speed"/],
    [{ key: 'me', action: 'speed', speed: 'fast' }, /"speed"/],
    [{ key: 'me', action: 'seek', at: START - 1 }, /are from .* to .*; give a time in between/],
    [{ key: 'me', action: 'seek', at: 'noon' }, /"at"/],
    [{ key: 'me', action: 'dance' }, /"action"/],
  ])('%j is a 400', async (body, error) => {
    const { tell } = await clocked();
    const answer = await tell(body);
    expect([answer.status, answer.json.error]).toEqual([400, expect.stringMatching(error)]);
  });
});

describe('speed max', () => {
  const max = { clock: { owner: 'key', speed: 'max', loop: false } } as const;

  it('moves on to the next record with every request, other streams following the time', async () => {
    const { second } = await clocked(max);
    expect([await second(), await second(), await second(), await second(), await second()]).toEqual([0, 1, 2, 3, 4]);
    expect([await second(FLOW), await second(FLOW), await second()]).toEqual([4, 6, 6]);
  });

  it('ends where there is no more, and loops where it is told to', async () => {
    const { second, tell } = await clocked(max);
    await tell({ key: 'me', action: 'seek', at: START + 9 });
    expect([await second(), await second()]).toEqual([9, undefined]);
    await tell({ key: 'me', action: 'loop' });
    expect([await second(), await second(), await second(FLOW)]).toEqual([0, 1, 2]);
  });

  it('serves no record twice to requests at once', async () => {
    const { second } = await clocked(max);
    const served = await Promise.all(Array.from({ length: 10 }, () => second()));
    expect(served.toSorted((a, b) => (a ?? 0) - (b ?? 0))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('seeks back', async () => {
    const { second, tell } = await clocked(max);
    for (let i = 0; i < 6; i++) await second();
    await tell({ key: 'me', action: 'seek', at: START + 1 });
    expect([await second(), await second()]).toEqual([1, 2]);
  });
});

describe('a shared clock', () => {
  const shared = { clock: { owner: 'shared', speed: 1, loop: false } } as const;

  it('starts with the server and is every key its own', async () => {
    const { server, clock, second, tell } = await clocked({ ...shared, maxKeys: 1 });
    clock.pass(2000);
    expect([await second(FULL, 'a'), await second(FULL, 'b'), await second(FULL, 'a')]).toEqual([2, 2, 2]);
    await tell({ action: 'pause' });
    clock.pass(2000);
    expect(await second(FULL, 'a')).toBe(2);
    expect((await server.get('/playback')).json).toMatchObject({
      playback: 'clock',
      playback_clock: 'shared',
      clock: { timestamp: START + 2, paused: true },
    });
  });

  it('is not for one key to change', async () => {
    const { server, tell } = await clocked(shared);
    expect((await tell({ key: 'me', action: 'pause' })).json.error).toMatch(/leave "key" out/);
    expect((await server.post('/seek-to-timestamp', { timestamp: START, key: 'me' })).status).toBe(400);
    expect((await server.post('/seek-to-timestamp', { timestamp: START + 4 })).json.positions_set).toBe(8);
  });
});

describe('seek by request', () => {
  it('puts every position of the key, sockets too, at the first record at or after the time', async () => {
    const { server, second } = await byRequest();
    await second();
    const answer = await server.post('/seek-to-timestamp', { timestamp: START + 3, key: 'secret-key' });
    expect(answer.json).toMatchObject({ status: 'success', message: expect.stringMatching(/^Key secr\*\*\*\* /) });
    expect(answer.json.positions_set).toBe(8);
    expect(answer.json.details).toEqual(
      expect.arrayContaining([
        { data_key: 'SPX/classic/gex_full', index: 3, timestamp: START + 3 },
        { data_key: 'ws/classic/SPX/gex_full', index: 3, timestamp: START + 3 },
        { data_key: 'SPX/orderflow/orderflow', index: 1, timestamp: START + 4 },
      ]),
    );
    expect([await second(FULL, 'secret-key'), await second(FLOW, 'secret-key')]).toEqual([3, 4]);
    expect(await second()).toBe(1);
  });

  it('past the last record leaves nothing to serve', async () => {
    const { server, second } = await byRequest();
    const answer = await server.post('/seek-to-timestamp', { timestamp: START + 100, key: 'k' });
    expect(answer.json.details[0]).toEqual({ data_key: 'SPX/classic/gex_full', index: 10, timestamp: 0 });
    expect(await second(FULL, 'k')).toBeUndefined();
  });

  it('one counter of several streams goes by gex_full', async () => {
    const root = await archiveOf({
      '2026-04-29/SPX/classic/gex_full.jsonl': lines(0, 5, 6),
      '2026-04-29/SPX/classic/gex_one.jsonl': lines(0, 1, 2, 3, 4, 5, 6),
    });
    const { server } = await byRequest({ root, endpointCacheMode: 'shared' });
    const { details } = (await server.post('/seek-to-timestamp', { timestamp: START + 5, key: 'k' })).json;
    expect(details[0]).toEqual({ data_key: 'SPX/classic', index: 1, timestamp: START + 5 });
  });

  it('has no clock to change', async () => {
    const { tell, server } = await byRequest();
    expect((await tell({ key: 'k', action: 'pause' })).json.error).toMatch(/PLAYBACK=clock/);
    expect((await server.post('/seek-to-timestamp', { timestamp: START })).json.error).toMatch(/name one as "key"/);
    expect((await server.post('/seek-to-timestamp', { timestamp: 1e300, key: 'k' })).status).toBe(400);
  });
});

describe('GET /playback', () => {
  it('shows masked keys, their clocks and what comes next', async () => {
    const { server, clock, second } = await clocked();
    await second(FULL, 'gexbot_custom_1');
    clock.pass(2000);
    await second(FULL, 'gexbot_custom_1');
    const { json, text } = await server.get('/playback');
    expect(json).toMatchObject({ playback: 'clock', playback_clock: 'key', clock: null });
    expect([json.start, json.end]).toEqual([START, START + 10].map((s) => new Date(s * 1000).toISOString()));
    expect(json.keys).toEqual([
      {
        key: 'gexb****',
        clock: expect.objectContaining({ timestamp: START + 2, speed: 1 }),
        positions: [{ data_key: 'SPX/classic/gex_full', index: 3, length: 10 }],
      },
    ]);
    expect(text).not.toContain('gexbot_custom_1');
  });
});

describe('the routes that move time', () => {
  it.each(['/playback', '/seek-to-timestamp'])(
    '%s refuses another origin and asks for the admin token',
    async (path) => {
      const { server } = await clocked({ adminToken: 'sesame' });
      const body = { key: 'k', action: 'pause', timestamp: START };
      expect((await server.post(path, body)).status).toBe(401);
      expect((await server.post(path, body, { authorization: 'Bearer sesame' })).status).toBe(200);
      const origin = { origin: 'http://evil.test', 'x-admin-token': 'sesame' };
      expect((await server.post(path, body, origin)).status).toBe(403);
      expect((await server.get('/playback')).status).toBe(401);
    },
  );
});
