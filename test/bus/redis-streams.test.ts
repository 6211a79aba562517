import { describe, expect, onTestFinished, test } from 'vitest';
import type { Bus } from '../../src/bus/bus.js';
import { openBus } from '../../src/bus/open.js';
import { hasRedis, RedisServer, sayWithoutRedis } from '../helpers/redis-server.js';
import { recordingCtx } from '../server/fixture.js';

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const at = (second: number): string => new Date(second * 1000).toISOString();

async function open(url: string, maxMessages = 10_000) {
  const { ctx, lines } = recordingCtx();
  const bus = (await openBus({ url, maxMessages }, ctx)) as Bus;
  onTestFinished(() => bus.close());
  /** Publishes the tick of a second, and a record. */
  const second = (n: number, key = 'SPY'): void => {
    bus.publish({ topic: 'ticks', key, atMs: n * 1000, messages: [bytes({ n })] });
    bus.publish({ topic: 'records', key, atMs: n * 1000, messages: [bytes({ n, of: 'a' }), bytes({ n, of: 'b' })] });
  };
  const said = (level: string) => lines.filter((line) => line.level === level);
  return { bus, second, warnings: () => said('warn'), news: () => said('info') };
}

describe.skipIf(!hasRedis)('a bus of Redis Streams', () => {
  test('keeps the messages of each topic in order, with their key', async () => {
    const redis = await RedisServer.start();
    const { bus, second, warnings } = await open(redis.url);
    for (let n = 0; n < 50; n++) second(n, n % 2 ? 'SPY' : 'QQQ');
    await bus.close();
    expect(await redis.entries('ticks')).toEqual(
      Array.from({ length: 50 }, (_, n) => ({ key: n % 2 ? 'SPY' : 'QQQ', data: `{"n":${n}}` })),
    );
    expect((await redis.entries('records')).map(({ data }) => data)).toEqual(
      Array.from({ length: 50 }, (_, n) => [`{"n":${n},"of":"a"}`, `{"n":${n},"of":"b"}`]).flat(),
    );
    expect(warnings()).toEqual([]);
  });

  test('drops the oldest messages of a topic beyond the bound', async () => {
    const redis = await RedisServer.start();
    const { bus, second } = await open(redis.url, 200);
    for (let n = 0; n < 2000; n++) second(n);
    await bus.close();
    const length = await redis.ask((client) => client.xlen('ticks'));
    expect(length).toBeGreaterThanOrEqual(200);
    expect(length).toBeLessThan(400); // by whole nodes of 100
    expect((await redis.entries('ticks')).at(-1)?.data).toBe('{"n":1999}');
  });

  test('counts what it cannot publish, says so once, and tells its readers when Redis is back', async () => {
    const redis = await RedisServer.start();
    const { bus, second, warnings, news } = await open(redis.url);
    second(1);
    await expect.poll(() => redis.entries('ticks')).toHaveLength(1);
    await redis.stop();
    for (let n = 2; n <= 40; n++) second(n);
    second(30, 'QQQ');
    await expect.poll(() => warnings()).toHaveLength(1);
    expect(warnings()[0]?.message).toMatch(/^nothing reaches the bus at 127\.0\.0\.1:\d+ for now, recording goes on$/);

    await redis.start();
    const span = { from: at(2), to: at(40) };
    const back = expect.stringMatching(/^the bus at .* takes messages again, some are missing$/);
    const isBack = { level: 'info', message: back, fields: { ...span, count: 40 + 80 } };
    await expect.poll(() => news(), { timeout: 5000 }).toContainEqual(isBack);
    second(41);
    await bus.close();
    const lost = (from: number, to: number, count: number): string =>
      JSON.stringify({ type: 'lost', from: from * 1000, to: to * 1000, count });
    expect(await redis.entries('ticks')).toEqual([
      { key: 'SPY', data: lost(2, 40, 39) },
      { key: 'QQQ', data: lost(30, 30, 1) },
      { key: 'SPY', data: '{"n":41}' },
    ]);
    expect((await redis.entries('records')).map(({ data }) => data)).toEqual([
      lost(2, 40, 78),
      lost(30, 30, 2),
      '{"n":41,"of":"a"}',
      '{"n":41,"of":"b"}',
    ]);
    expect(warnings().slice(1)).toEqual([
      {
        level: 'warn',
        message: expect.stringMatching(/^messages are missing on the bus/),
        fields: { ...span, count: 120 },
      },
    ]);
  });

  test('waits for nobody, holds no more than its bound, and closes within two seconds while Redis hangs', async () => {
    const redis = await RedisServer.start();
    const { bus, warnings } = await open(redis.url);
    redis.freeze();
    onTestFinished(() => redis.thaw());
    const message = Buffer.alloc(1_000_000, 32);
    const startedMs = performance.now();
    for (let n = 0; n < 100; n++) bus.publish({ topic: 'ticks', key: 'SPY', atMs: n * 1000, messages: [message] });
    expect(performance.now() - startedMs).toBeLessThan(500);
    expect(warnings().map(({ fields }) => fields)).toEqual([{ why: 'Redis is too slow' }]);
    const closingMs = performance.now();
    await bus.close();
    expect(performance.now() - closingMs).toBeLessThan(2500);
    expect(warnings().at(-1)?.fields).toEqual({ from: at(0), to: at(99), count: 100 });
  });

  test('leaves a Redis that hangs, and goes on when it answers again', async () => {
    const redis = await RedisServer.start();
    const { bus, second, warnings, news } = await open(redis.url);
    redis.freeze();
    second(1);
    await expect.poll(() => warnings(), { timeout: 4000 }).toHaveLength(1);
    redis.thaw();
    await expect.poll(() => news().map(({ fields }) => fields?.count), { timeout: 8000 }).toContain(3);
    second(2);
    await bus.close();
    expect((await redis.entries('ticks')).at(-1)?.data).toBe('{"n":2}');
  });

  test('goes on after Redis refused messages', async () => {
    const redis = await RedisServer.start();
    const { bus, second, warnings, news } = await open(redis.url);
    const limit = (size: string) =>
      redis.ask((client) => client.config('SET', 'maxmemory', size, 'maxmemory-policy', 'noeviction'));
    await limit('1');
    second(1);
    await expect.poll(() => warnings()).toHaveLength(1);
    expect(warnings()[0]?.fields).toEqual({ why: expect.stringMatching(/^OOM /) });
    await limit('0');
    second(2);
    await expect.poll(() => news().map(({ fields }) => fields?.count)).toEqual([3]);
    await bus.close();
    expect((await redis.entries('ticks')).map(({ data }) => data)).toEqual([
      '{"type":"lost","from":1000,"to":1000,"count":1}',
      '{"n":2}',
    ]);
  });

  test('signs in with the password of the address, which no message shows', async () => {
    const redis = await RedisServer.start('--requirepass', 'hush');
    const { bus, second } = await open(redis.url.replace('//', '//:hush@'));
    second(1);
    await bus.close();
    expect(await redis.ask((client) => client.xlen('ticks'), 'hush')).toBe(1);
    const wrong = open(redis.url.replace('//', '//:wrong@'));
    const refused = /^Redis at 127\.0\.0\.1:\d+ refuses the sign-in: WRONGPASS .*\. Give its user and password/;
    await expect(wrong).rejects.toMatchObject({ kind: 'storage', message: expect.stringMatching(refused) });
    await expect(wrong).rejects.not.toThrow(/wrong@|hush/);
  });
});

sayWithoutRedis();

test('an address where nobody answers is an error that names it without its password', async () => {
  const opened = open('redis://user:hush@127.0.0.1:1');
  await expect(opened).rejects.toMatchObject({
    kind: 'storage',
    message: expect.stringMatching(/^Redis at 127\.0\.0\.1:1 does not answer: .*ECONNREFUSED/),
  });
  await expect(opened).rejects.not.toThrow(/hush/);
});

test.each([
  ['kafka://127.0.0.1:9092', 'A bus of Kafka does not exist yet: give memory: or a redis:// address.'],
  ['http://127.0.0.1', 'The address of the bus is not valid: give memory:, or one such as redis://127.0.0.1:6379'],
  ['localhost:6379', 'The address of the bus is not valid'],
  ['redis:6379', 'The Redis address is not valid'],
])('%s is refused in one sentence', async (url, sentence) => {
  await expect(open(url)).rejects.toMatchObject({ kind: 'usage', message: expect.stringContaining(sentence) });
});

test('in memory nobody is told', async () => {
  expect(await openBus({ url: 'memory:', maxMessages: 1 }, recordingCtx().ctx)).toBeUndefined();
});
