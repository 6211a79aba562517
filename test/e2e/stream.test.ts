import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { newYorkInstant, type TradingDay, tradingDay } from '../../src/core/calendar.js';
import { randomStream } from '../../src/core/random.js';
import { openStore } from '../../src/stores/sql/open.js';
import { ended } from '../helpers/gex.js';
import { streamProcess } from '../helpers/stream-process.js';
import { expectGoneOn, keptState } from '../helpers/stream-state.js';
import { accountOf, recordTimesOf } from '../helpers/stream-world.js';

const day = tradingDay('2025-12-17') as TradingDay;

it('leaves no secret anywhere, and ends with 130 on SIGINT', async () => {
  const { server, child, root, ticks, errors, until } = await streamProcess(
    { speed: 10, startMs: newYorkInstant('2025-12-17', 9, 40) },
    { args: ['--underlying', 'SPY,HEALTH', '--debug'] },
  );
  await until(() => ticks.filter(({ recorded }) => recorded).length >= 6);
  expect(ticks.every(({ schema }) => schema === 'gex-stream/1')).toBe(true);
  child.kill('SIGINT');
  expect((await ended(child)).code).toBe(130);

  const last = Math.max(...ticks.filter(({ ticker }) => ticker === 'SPY').map(({ at }) => Date.parse(at)));
  const { wrong, records } = await accountOf(root, day, last + 5000, { ticker: 'SPY', intervalMs: 5000 });
  expect(wrong).toEqual([]);
  expect(records.length).toBeGreaterThan(0);
  const { clientSecret, refreshToken } = server.credentials;
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const texts = files
    .filter(({ name }) => !name.startsWith('.tradestation-'))
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'));
  for (const text of [...texts, ...errors]) {
    expect(text.includes(clientSecret) || text.includes(refreshToken) || text.includes('Bearer ')).toBe(false);
  }
}, 60_000);

it('ends with 0 within three seconds of SIGTERM while four streams are silent, with everything written', async () => {
  const { server, child, root, ticks, errors, until } = await streamProcess(
    { speed: 10, startMs: newYorkInstant('2025-12-17', 9, 40) },
    {
      args: ['--underlying', 'HEALTH', '--expirations', '2', '--strike-distance', '5'],
      env: { TRADESTATION_SYMBOLS_PER_STREAM: '16' },
    },
  );
  await until(() => ticks.filter(({ recorded }) => recorded).length >= 3);
  const open = (await (await fetch(`${server.url}/__ctl/streams`)).json()) as { streams: unknown[] };
  expect(open.streams).toHaveLength(4);
  server.setFaults([{ path: '*/stream/*', silent: true }]);
  const before = ticks.length;
  await until(() => ticks.length >= before + 2);
  const startedMs = performance.now();
  child.kill('SIGTERM');
  const { code } = await ended(child);
  expect(performance.now() - startedMs).toBeLessThan(3000);
  expect([code, errors.filter((line) => line.includes('stopped'))]).toEqual([0, []]);

  const [first = [], ...others] = await recordTimesOf(root, day.date, 'HEALTH');
  const told = ticks.filter(({ recorded }) => recorded).map(({ at }) => Date.parse(at));
  expect(first.slice(0, told.length)).toEqual(told); // the last record may not have been told of any more
  for (const times of others) expect(times).toEqual(first);
  const lastMs = Date.parse(ticks.at(-1)?.at ?? '');
  expect((await accountOf(root, day, lastMs + 5000, { intervalMs: 5000 })).wrong).toEqual([]);
  expect(existsSync(join(root, '.stream', 'HEALTH.lock'))).toBe(false);
  const store = await openStore(join(root, 'gex.db'));
  expect((await store.runs.latest(1, 'stream')).map(({ status }) => status)).toEqual(['interrupted']);
  expect(await store.ticks.between('HEALTH', 0, Number.MAX_SAFE_INTEGER, 1000)).toHaveLength(first.length);
  await store.close();
}, 60_000);

it('goes on after kill -9 with what dealers held, wherever it was killed', async () => {
  const process = await streamProcess(
    { speed: 10, startMs: newYorkInstant('2025-12-17', 10, 0) },
    { args: ['--underlying', 'HEALTH', '--expirations', '2', '--strike-distance', '5', '--interval', '1'] },
  );
  const { root } = process;
  const random = randomStream(9, 'kill');
  let recorder: ReturnType<typeof process.restart> = process;
  let before: Awaited<ReturnType<typeof keptState>> | undefined;
  for (let life = 0; life < 4; life++) {
    const { ticks, until, child, errors } = recorder;
    const count = 3 + Math.floor(8 * random.uniform());
    await until(() => ticks.filter(({ recorded }) => recorded).length >= count);
    child.kill('SIGKILL');
    await ended(child);
    const after = await keptState(root, day.date);
    if (before) expectGoneOn(before, after);
    expect([...after.contracts.values()].some(({ net }) => net !== 0)).toBe(true);
    expect(errors.filter((line) => line.includes('begin at 0'))).toEqual([]);
    before = after;
    recorder = process.restart();
  }
  await recorder.until(() => recorder.ticks.some(({ recorded }) => recorded));
  recorder.child.kill('SIGTERM');
  expect((await ended(recorder.child)).code).toBe(0);
  const lastMs = Date.parse(recorder.ticks.at(-1)?.at ?? '');
  expect((await accountOf(root, day, lastMs + 1000, { intervalMs: 1000 })).wrong).toEqual([]);
}, 60_000);

it('does not end with 0 when what it has to write at SIGTERM cannot be written', async () => {
  const { server, child, root, ticks, errors, until } = await streamProcess(
    { speed: 10, startMs: newYorkInstant('2025-12-17', 10, 0) },
    { args: ['--underlying', 'HEALTH', '--expirations', '2', '--strike-distance', '5'] },
  );
  await until(() => ticks.some(({ recorded }) => recorded));
  server.setFaults([{ path: '/v3/*', status: 503, closeAfterMs: 0 }]);
  await until(() => ticks.at(-1)?.recorded === false);
  const gaps = join(root, day.date, 'HEALTH', 'gaps.jsonl');
  rmSync(gaps);
  mkdirSync(gaps);
  child.kill('SIGTERM');
  expect((await ended(child)).code).toBe(6);
  expect(errors.join('')).toMatch(/^gex: cannot write .*gaps\.jsonl/m);
});

it.each([
  ['SIGTERM', 0, ''],
  ['SIGINT', 130, 'gex: stopped by SIGINT\n'],
] as const)('ends on %s while it waits for the open, with %d', async (signal, code, last) => {
  const { child, errors, until } = await streamProcess(
    { speed: 10, startMs: newYorkInstant('2025-12-17', 7, 0) },
    { args: ['--underlying', 'HEALTH'] },
  );
  await until(() => errors.join('').includes('the market is closed'));
  const before = errors.length;
  child.kill(signal);
  expect((await ended(child)).code).toBe(code);
  expect(errors.slice(before).join('')).toBe(last);
});
