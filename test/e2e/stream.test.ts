import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { newYorkInstant, type TradingDay, tradingDay } from '../../src/core/calendar.js';
import { systemClock } from '../../src/io/ctx.js';
import { startTradestation } from '../../src/server/tradestation/start.js';
import { tempFolder } from '../helpers/folder.js';
import { ended, startGex } from '../helpers/gex.js';
import { accountOf } from '../helpers/stream-world.js';

const quiet = (): void => {};

it('ends within three seconds of SIGTERM with everything written and no secret anywhere', async () => {
  const folder = tempFolder();
  const server = await startTradestation(
    {
      ...{ port: 0, seed: 5, tickers: ['HEALTH', 'SPY'], speed: 10, startMs: newYorkInstant('2025-12-17', 9, 40) },
      limits: false,
    },
    {
      ...{ clock: systemClock, signal: new AbortController().signal },
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      progress: { start: () => ({ advance: quiet, done: quiet }) },
    },
  );
  onTestFinished(() => server.close());
  const { clientId, clientSecret, refreshToken } = server.credentials;
  const child = startGex(['stream', '--underlying', 'SPY,HEALTH', '--data-dir', join(folder, 'data'), '--debug'], {
    folder,
    env: {
      ...{ TRADESTATION_API_URL: server.url, TRADESTATION_SIGNIN_URL: server.url },
      ...{ TRADESTATION_CLIENT_ID: clientId, TRADESTATION_CLIENT_SECRET: clientSecret },
      TRADESTATION_REFRESH_TOKEN: refreshToken,
    },
  });
  const errors: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  const ticks: { schema: string; ticker: string; recorded: boolean; at: string }[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    ticks.push(JSON.parse(line));
    if (ticks.filter(({ recorded }) => recorded).length >= 6) break;
  }
  expect(ticks.every(({ schema }) => schema === 'gex-stream/1')).toBe(true);
  const startedMs = performance.now();
  child.kill('SIGTERM');
  const { code } = await ended(child);
  expect(performance.now() - startedMs).toBeLessThan(3000);
  expect(code).toBe(130);

  const root = join(folder, 'data');
  const day = tradingDay('2025-12-17') as TradingDay;
  const last = Math.max(...ticks.filter(({ ticker }) => ticker === 'SPY').map(({ at }) => Date.parse(at)));
  const { wrong, records } = await accountOf(root, day, last + 5000, { ticker: 'SPY', intervalMs: 5000 });
  expect(wrong).toEqual([]);
  expect(records.length).toBeGreaterThan(0);
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const texts = files
    .filter(({ name }) => !name.startsWith('.tradestation-'))
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'));
  for (const text of [...texts, ...errors]) {
    expect(text.includes(clientSecret) || text.includes(refreshToken) || text.includes('Bearer ')).toBe(false);
  }
}, 60_000);
