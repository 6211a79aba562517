import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { newYorkInstant, type TradingDay, tradingDay } from '../../src/core/calendar.js';
import { readGaps } from '../../src/stores/archive/gaps.js';
import { streamPath } from '../../src/stores/archive/path.js';
import { ended } from '../helpers/gex.js';
import { hasRedis, RedisServer, sayWithoutRedis } from '../helpers/redis-server.js';
import { streamProcess } from '../helpers/stream-process.js';

const day = tradingDay('2025-12-17') as TradingDay;

it.skipIf(!hasRedis)(
  'what gex stream records of a market is on the bus, gaps before the records behind them',
  async () => {
    const redis = await RedisServer.start();
    const { child, ticks, until, root } = await streamProcess(
      { speed: 10, startMs: newYorkInstant(day.date, 9, 40) },
      { args: ['--underlying', 'HEALTH'], env: { BUS_URL: redis.url } },
    );
    await until(() => ticks.filter(({ recorded }) => recorded).length >= 3);
    child.kill('SIGTERM');
    expect((await ended(child)).code).toBe(0);

    const told = (await redis.entries('gex.records')).map(({ data }) => ({ data, ...JSON.parse(data) }));
    const gaps = await readGaps(root, day.date, 'HEALTH');
    expect(gaps[0]?.fromMs).toBe(day.openMs);
    const spans = told.filter(({ type }) => type === 'gap').map(({ from, to, reason }) => ({ from, to, reason }));
    expect(spans).toEqual(gaps.map(({ fromMs, toMs, reason }) => ({ from: fromMs / 1000, to: toMs / 1000, reason })));
    const zeros = told.filter(({ package: name, category }) => name === 'classic' && category === 'gex_zero');
    const path = streamPath(root, { date: day.date, ticker: 'HEALTH', package: 'classic', category: 'gex_zero' });
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    expect(zeros.map(({ data }) => data.slice(data.indexOf('"record":') + 9, -1))).toEqual(lines);
    const prices = (await redis.entries('market.ticks')).map(({ data }) => JSON.parse(data).data.price);
    expect(prices).toEqual(lines.map((line) => JSON.parse(line).spot));
  },
  30_000,
);

sayWithoutRedis();
