import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../src/io/ctx.js';
import { hashOf } from '../../src/server/file-keeper.js';
import type { StoreOptions } from '../../src/server/position-store.js';
import type { ServerOptions } from '../../src/server/start.js';
import { openPositionFile } from '../../src/stores/position-file.js';
import { tempFolder } from '../helpers/folder.js';
import { startGex } from '../helpers/gex.js';
import { archiveOf, bearer, fixtureF, serve } from './fixture.js';

const FULL = '/v2/SPX/classic/gex_full';
const FIRST = 1777492798;
const URL_OF_REDIS = 'redis://127.0.0.1:6379';

const redisAnswers = await new Promise<boolean>((resolve) => {
  const socket = connect(6379, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
  socket.unref();
});

/** A store of a test's own; undefined, with a line, where there is no Redis. */
async function storeOf(kind: StoreOptions['kind']): Promise<StoreOptions> {
  if (kind !== 'redis') return { kind };
  const prefix = `gex-test-${randomBytes(6).toString('hex')}:`;
  onTestFinished(async () => {
    const redis = new Redis(URL_OF_REDIS);
    const keys = await redis.keys(`${prefix}*`);
    if (keys.length > 0) await redis.del(...keys);
    await redis.quit();
  });
  return { kind, url: URL_OF_REDIS, prefix };
}

type Server = Awaited<ReturnType<typeof serve>>;

const second = async (server: Server, key = 'k', path = FULL): Promise<number> => {
  const { status, json } = await server.get(path, bearer(key));
  return status === 200 ? json.timestamp - FIRST : status;
};

const lines = (count: number): string =>
  Array.from({ length: count }, (_, i) => `{"timestamp":${FIRST + i}}\n`).join('');

const STORES = ['sqlite', 'redis'] as const;

describe.each(STORES.map((kind) => [kind] as const))('positions in %s', (kind) => {
  const test = it.skipIf(kind === 'redis' && !redisAnswers);

  test('survive a restart, of every key and counter, exhausted ones too', async () => {
    const options = { root: await fixtureF(), store: await storeOf(kind) };
    const before = await serve(options);
    for (let i = 0; i < 2; i++) await second(before);
    for (let i = 0; i < 4; i++) await second(before, 'other', `${FULL}/majors`);
    await before.close();
    const after = await serve(options);
    expect([await second(after), await second(after)]).toEqual([2, 404]);
    expect(await second(after, 'other', `${FULL}/majors`)).toBe(404);
    expect(await second(after, 'new')).toBe(0);
  });

  test('belong to their day and their way of counting', async () => {
    const options = { root: await fixtureF(), store: await storeOf(kind) };
    const before = await serve(options);
    await second(before);
    await before.close();
    expect(await second(await serve({ ...options, endpointCacheMode: 'shared' }))).toBe(0);
    expect(await second(await serve({ ...options, date: '2026-04-01..2026-04-29' }))).toBe(0);
  });

  test('a reset and a reload are not undone by a restart', async () => {
    const options = { root: await fixtureF(), store: await storeOf(kind) };
    const before = await serve(options);
    for (const key of ['a', 'b']) await second(before, key);
    expect((await before.post('/reset-cache?key=a')).json.count).toBe(1);
    expect(await second(before, 'b')).toBe(1);
    await before.close();
    const between = await serve(options);
    expect([await second(between, 'a'), await second(between, 'b')]).toEqual([0, 2]);
    expect((await between.post('/reload-date', { date: '2026-04-29' })).status).toBe(200);
    expect(await second(between, 'b')).toBe(0);
    await between.close();
    const after = await serve(options);
    expect([await second(after, 'a'), await second(after, 'b')]).toEqual([0, 1]);
    expect((await after.post('/reset-cache')).json.count).toBe(2);
    expect(await second(after, 'b')).toBe(0);
  });

  test('rotate, are sought and shown', async () => {
    const options = { root: await fixtureF(), store: await storeOf(kind), cacheMode: 'rotation' } as const;
    const server = await serve(options);
    const seen: number[] = [];
    for (let i = 0; i < 5; i++) seen.push(await second(server));
    expect(seen).toEqual([0, 1, 2, 0, 1]);
    await server.post('/seek-to-timestamp', { timestamp: FIRST + 1, key: 'k' });
    expect(await second(server)).toBe(1);
    const { json } = await server.get('/playback?key=k');
    expect(json.playback_store).toBe(kind);
    expect(json.keys[0].positions).toContainEqual({ data_key: 'SPX/classic/gex_full', index: 2, length: 3 });
  });

  test('a record that cannot be read is not lost', async () => {
    const root = await archiveOf({
      '2026-04-29/SPX/classic/gex_full.jsonl': `{"timestamp":1}\nbroken\n{"timestamp":3}\n`,
    });
    const server = await serve({ root, store: await storeOf(kind) });
    const majors = async () => (await server.get(`${FULL}/majors`, bearer())).status;
    expect([await majors(), await majors(), await majors()]).toEqual([200, 422, 422]);
  });

  test('the least recently used key leaves', async () => {
    const options = { root: await fixtureF(), store: await storeOf(kind), maxKeys: 2 };
    const server = await serve(options);
    for (const key of ['a', 'b', 'c']) await second(server, key);
    await server.close();
    const after = await serve(options);
    const reached: number[] = [];
    for (const key of ['c', 'b']) reached.push(await second(after, key));
    expect(reached).toEqual([1, 1]);
    if (kind === 'redis') expect(await second(after, 'a')).toBe(0);
  });

  test('clocks survive a restart', async () => {
    let nowMs = 1_900_000_000_000;
    const clock: Clock = { now: () => nowMs, sleep: systemClock.sleep };
    const root = await archiveOf({ '2026-04-29/SPX/classic/gex_full.jsonl': lines(100) });
    for (const owner of ['key', 'shared'] as const) {
      const options: Partial<ServerOptions> = {
        root,
        store: await storeOf(kind),
        clock: { owner, speed: 1, loop: false },
      };
      const before = await serve(options, clock);
      await second(before);
      const key = owner === 'key' ? { key: 'k' } : {};
      await before.post('/playback', { ...key, action: 'seek', at: FIRST + 10, speed: 2 });
      nowMs += 5000;
      expect(await second(before)).toBe(20);
      await before.close();
      nowMs += 7000;
      const after = await serve(options, clock);
      // A clock that servers share runs on while one of them is down; a server's own stands.
      expect(await second(after)).toBe(kind === 'redis' ? 34 : 20);
      nowMs += 1000;
      expect(await second(after)).toBe(kind === 'redis' ? 36 : 22);
      await after.close();
    }
  });

  test('speed max serves every record once', async () => {
    const root = await archiveOf({ '2026-04-29/SPX/classic/gex_full.jsonl': lines(20) });
    const store = await storeOf(kind);
    const server = await serve({ root, store, clock: { owner: 'key', speed: 'max', loop: false } });
    const served = await Promise.all(Array.from({ length: 21 }, () => second(server)));
    expect(served.toSorted((a, b) => a - b)).toEqual([...Array(20).keys(), 404]);
  });
});

describe('positions in sqlite', () => {
  it('survive a kill a moment after they were served, without the key in the file', async () => {
    const root = await fixtureF();
    const start = async () => {
      const child = startGex(['serve', '--json', '--data-dir', root, '--port', '0', '--playback-store', 'sqlite']);
      if (!child.stdout) throw new Error('no stdout');
      const [line] = await once(createInterface({ input: child.stdout }), 'line');
      const { url } = JSON.parse(String(line)) as { url: string };
      const next = async () =>
        ((await (await fetch(`${url}${FULL}?key=my-secret-key`)).json()) as { timestamp: number }).timestamp;
      return { child, next };
    };
    const before = await start();
    expect([await before.next(), await before.next()]).toEqual([FIRST, FIRST + 1]);
    const path = join(root, 'playback.db');
    const file = await openPositionFile(path);
    const saved = () => file.load('2026-04-29/shared', hashOf('my-secret-key')) ?? '';
    await expect.poll(saved, { timeout: 5000 }).toContain('["SPX/classic",2]');
    file.close();
    const gone = once(before.child, 'exit');
    before.child.kill('SIGKILL');
    await gone;
    expect((await readFile(path)).includes('my-secret-key')).toBe(false);
    expect(await (await start()).next()).toBe(FIRST + 2);
  }, 30_000);
});

describe('positions in redis', () => {
  const test = it.skipIf(!redisAnswers);

  test.each(['exhaust', 'rotation'] as const)(
    'two servers that share a key serve each record once, %s',
    async (cacheMode) => {
      const root = await archiveOf({ '2026-04-29/SPX/classic/gex_full.jsonl': lines(200) });
      const options = { root, store: await storeOf('redis'), cacheMode };
      const servers = [await serve(options), await serve(options)] as const;
      const served = await Promise.all(
        Array.from({ length: 200 }, (_, i) => second(i % 2 === 0 ? servers[0] : servers[1])),
      );
      expect(served.toSorted((a, b) => a - b)).toEqual([...Array(200).keys()]);
      expect(await second(servers[1])).toBe(cacheMode === 'exhaust' ? 404 : 0);
    },
  );

  test('hold no API key as it is', async () => {
    const store = await storeOf('redis');
    await second(await serve({ root: await fixtureF(), store }), 'gexbot_custom_secret');
    const redis = new Redis(URL_OF_REDIS);
    onTestFinished(() => void redis.disconnect());
    const keys = await redis.keys(`${store.kind === 'redis' ? store.prefix : ''}*`);
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.join()).not.toContain('secret');
  });

  it('an address where nobody answers stops the start with a storage error, without its password', async () => {
    const store = { kind: 'redis', url: 'redis://user:hush@127.0.0.1:1', prefix: 'x:' } as const;
    const started = serve({ root: await fixtureF(), store });
    await expect(started).rejects.toMatchObject({
      kind: 'storage',
      message: expect.stringMatching(/^Redis at 127\.0\.0\.1:1 /),
    });
    await expect(started).rejects.not.toThrow(/hush/);
    const wrong = serve({ root: await fixtureF(), store: { ...store, url: 'localhost' } });
    await expect(wrong).rejects.toMatchObject({ kind: 'usage' });
  });

  test('while Redis is away requests are refused with 503, afterwards all goes on', async () => {
    const open = new Set<Socket>();
    const proxy = createServer((client) => {
      const upstream = connect(6379, '127.0.0.1');
      for (const socket of [client, upstream]) {
        open.add(socket);
        socket
          .on('error', () => {})
          .on('close', () => {
            open.delete(socket);
            client.destroy();
            upstream.destroy();
          });
      }
      client.pipe(upstream).pipe(client);
    });
    const listen = (port: number) => new Promise<void>((resolve) => proxy.listen(port, '127.0.0.1', resolve));
    await listen(0);
    const { port } = proxy.address() as AddressInfo;
    const store = await storeOf('redis');
    if (store.kind !== 'redis') throw new Error('another store');
    const server = await serve({ root: await fixtureF(), store: { ...store, url: `redis://127.0.0.1:${port}` } });
    expect(await second(server)).toBe(0);
    const closed = new Promise<void>((resolve) => proxy.close(() => resolve()));
    for (const socket of open) socket.destroy();
    await closed;
    const answer = await server.get(FULL, bearer('k'));
    expect([answer.status, answer.json.error]).toEqual([503, expect.stringMatching(/^Redis at .* does not answer/)]);
    expect((await server.get('/health')).status).toBe(200);
    await listen(port);
    onTestFinished(() => {
      for (const socket of open) socket.destroy();
      proxy.close();
    });
    await expect.poll(() => second(server), { timeout: 10_000 }).toBe(1);
  });
});

describe('the file of positions', () => {
  it('keeps the names saved last', async () => {
    const file = await openPositionFile(join(tempFolder(), 'playback.db'));
    onTestFinished(() => file.close());
    file.save(
      's',
      [
        ['a', '1'],
        ['b', '2'],
      ],
      3,
    );
    file.save(
      's',
      [
        ['c', '3'],
        ['a', '4'],
        ['d', '5'],
      ],
      3,
    );
    expect(['a', 'b', 'c', 'd'].map((name) => file.load('s', name))).toEqual(['4', undefined, '3', '5']);
    expect(file.load('other', 'a')).toBeUndefined();
  });

  it('that is no database is a storage error that names it', async () => {
    const path = join(tempFolder(), 'playback.db');
    await writeFile(path, 'x'.repeat(5000));
    await expect(openPositionFile(path)).rejects.toMatchObject({
      kind: 'storage',
      message: expect.stringContaining(path),
    });
  });
});

if (!redisAnswers) it.skip(`no Redis answers at ${URL_OF_REDIS}: its tests are skipped`, () => {});
