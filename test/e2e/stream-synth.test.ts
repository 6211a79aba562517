import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { tempFolder } from '../helpers/folder.js';
import { ended, gex, startGex } from '../helpers/gex.js';
import { hasRedis, RedisServer, sayWithoutRedis } from '../helpers/redis-server.js';
import { recordTimesOf } from '../helpers/stream-world.js';

const ROOT = 'data/synth-live/seed-1-gbm';
const SYNTH = ['stream', '--source', 'synth'];

interface Tick {
  readonly ticker: string;
  readonly at: string;
  readonly recorded: boolean;
  readonly spot: number;
}

const ticksOf = (text: string): Tick[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

it('records as many instants of a synthetic session as are asked for, without any account', async () => {
  const folder = tempFolder();
  const args = ['--underlying', 'HEALTH,SPY', '--interval', '60', '--max-iterations', '3', '--speed', '100'];
  const { code, stdout, stderr } = await gex([...SYNTH, ...args], { folder });
  expect(code).toBe(0);
  const ticks = ticksOf(stdout);
  expect(ticks.map(({ ticker }) => ticker)).toEqual(['HEALTH', 'SPY', 'HEALTH', 'SPY', 'HEALTH', 'SPY']);
  expect(ticks.every(({ recorded, spot }) => recorded && spot > 0)).toBe(true);
  const date = (ticks[0] as Tick).at.slice(0, 10);
  expect(stderr).toContain(`SPY: 3 records of ${date}`);
  const times = ticks.filter(({ ticker }) => ticker === 'SPY').map(({ at }) => Date.parse(at));
  expect(times[2]).toBe((times[0] as number) + 120_000);
  expect(await recordTimesOf(join(folder, ROOT), date, 'SPY')).toEqual(Array(15).fill(times));
});

it('ends with 0 at SIGTERM, everything written', async () => {
  const folder = tempFolder();
  const child = startGex([...SYNTH, '--underlying', 'HEALTH', '--speed', '50', '--seed', '9'], { folder });
  const ticks: Tick[] = [];
  for await (const line of createInterface({ input: child.stdout })) if (ticks.push(JSON.parse(line)) === 5) break;
  child.kill('SIGTERM');
  const { code, stderr } = await ended(child);
  expect([code, stderr]).toEqual([0, expect.not.stringContaining('gex:')]);
  const root = join(folder, 'data/synth-live/seed-9-gbm');
  const [first = [], ...others] = await recordTimesOf(root, (ticks[0] as Tick).at.slice(0, 10), 'HEALTH');
  expect(first.slice(0, 5)).toEqual(ticks.map(({ at }) => Date.parse(at)));
  expect(others).toEqual(Array(14).fill(first));
});

it.each([
  [['--source', 'synth', '--expirations', '2', '--rate', '0.03'], '--expirations: only with --source tradestation'],
  [['--source', 'synth', '--client-id', 'x'], '--client-id: only with --source tradestation.'],
  [['--seed', '3'], '--seed: only with --source synth.'],
  [['--source', 'synth', '--speed', 'max'], 'A live session needs a time to play in'],
  [['--source', 'synth', '--bus-url', 'kafka://localhost'], 'A bus of Kafka does not exist yet'],
])('stream %j is refused', async (args, sentence) => {
  const { code, stdout, stderr } = await gex(['stream', ...args], { folder: tempFolder() });
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(sentence);
});

it('a bus that cannot be reached stops the start, and its password is shown nowhere', async () => {
  const folder = tempFolder();
  const env = { BUS_URL: 'redis://user:hush-hush@127.0.0.1:1' };
  for (const args of [SYNTH, ['stream'], ['serve', '--live', '--source', 'synth', '--port', '0']]) {
    const { code, stdout, stderr } = await gex([...args, '--verbose'], { folder, env });
    expect([code, stdout]).toEqual([6, '']);
    expect(stderr).toContain('gex: Redis at 127.0.0.1:1 does not answer: connect ECONNREFUSED');
    expect(stderr).not.toContain('hush');
  }
  expect((await gex(['config'], { folder, env })).stdout).toMatch(/^bus\.url\t\*\*\*\tenvironment\tBUS_URL$/m);
});

describe.skipIf(!hasRedis)('with a bus', () => {
  it('goes on recording while Redis is away, and readers are told what they lack', async () => {
    const redis = await RedisServer.start();
    const folder = tempFolder();
    const args = [...SYNTH, '--underlying', 'HEALTH', '--speed', '50', '--bus-url', redis.url];
    const child = startGex(args, { folder });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ticks: Tick[] = [];
    const more = async (count: number): Promise<void> => {
      for (const goal = ticks.length + count; ticks.length < goal; ) ticks.push(JSON.parse((await lines.next()).value));
    };
    const types = async (topic: string): Promise<string[]> =>
      (await redis.entries(topic)).map(({ data }) => JSON.parse(data).type);
    await more(5);
    await expect.poll(() => types('market.ticks')).toContain('tick');
    await redis.stop();
    await more(10);
    await redis.start();
    await expect.poll(() => types('gex.records'), { timeout: 5000 }).toContain('lost');
    await more(5);
    await expect.poll(() => types('gex.records')).toContain('record');
    child.kill('SIGTERM');
    const { code, stderr } = await ended(child);
    expect(code).toBe(0);
    expect(stderr.match(/nothing reaches the bus at 127\.0\.0\.1:\d+ for now, recording goes on/g)).toHaveLength(1);

    const date = (ticks[0] as Tick).at.slice(0, 10);
    const [times = []] = await recordTimesOf(join(folder, ROOT), date, 'HEALTH');
    for (let i = 1; i < times.length; i++) expect((times[i] as number) - (times[i - 1] as number)).toBe(5000);
    const [lost, ...heard] = (await redis.entries('market.ticks')).map(({ data }) => JSON.parse(data));
    expect(lost.type).toBe('lost');
    expect((lost.to - lost.from) / 5000 + 1).toBe(lost.count);
    expect(heard.map(({ data }) => data.timestamp)).toEqual(times.filter((ms) => ms > lost.to));
    const full = readFileSync(join(folder, ROOT, date, 'HEALTH/classic/gex_full.jsonl'), 'utf8')
      .trim()
      .split('\n');
    const told = (await redis.entries('gex.records')).filter(({ data }) => data.includes('"category":"gex_full"'));
    const classic = told.filter(({ data }) => data.includes('"package":"classic"'));
    expect(classic.map(({ data }) => data.replace(/^.*?"record":(.*)\}$/, '$1'))).toEqual(full.slice(-classic.length));
    const notes = [...(await redis.entries('market.ticks')), ...(await redis.entries('gex.records'))]
      .map(({ data }) => JSON.parse(data))
      .filter(({ type }) => type === 'lost');
    const total = notes.reduce((sum, { count }) => sum + count, 0);
    expect(Number(/messages are missing on the bus .* count=(\d+)/.exec(stderr)?.[1])).toBe(total);
  });

  it('serve --live --source synth tells the bus too', async () => {
    const redis = await RedisServer.start();
    const args = ['--tickers', 'HEALTH', '--speed', '100', '--port', '0', '--bus-url', redis.url];
    const child = startGex(['serve', '--live', '--source', 'synth', ...args], { folder: tempFolder() });
    const exit = ended(child);
    await expect.poll(async () => (await redis.entries('gex.records')).length, { timeout: 15_000 }).toBeGreaterThan(30);
    child.kill('SIGINT');
    expect((await exit).code).toBe(130);
    expect((await redis.entries('market.ticks')).every(({ key }) => key === 'HEALTH')).toBe(true);
  });
});

sayWithoutRedis();
