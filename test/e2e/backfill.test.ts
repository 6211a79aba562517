import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { newYorkInstant } from '../../src/core/calendar.js';
import { systemClock } from '../../src/io/ctx.js';
import { type RunningTradestation, startTradestation } from '../../src/server/tradestation/start.js';
import { Child } from '../helpers/child.js';
import { tempFolder } from '../helpers/folder.js';
import { gex } from '../helpers/gex.js';

const quiet = (): void => {};
const CTX = {
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  clock: systemClock,
  signal: new AbortController().signal,
  progress: { start: () => ({ advance: quiet, done: quiet }) },
};

/** An evening after a half day and before a weekend. */
const NOW = newYorkInstant('2025-11-28', 20, 0);

async function standIn(ticker: string, startMs: number): Promise<RunningTradestation> {
  const server = await startTradestation(
    { port: 0, seed: 7, startMs, mode: 'manual', tickers: [ticker], quirks: false },
    CTX,
  );
  onTestFinished(() => server.close());
  return server;
}

/** Backfills RUT once, at a fixed time, and prints what came of it. */
const CHILD = `
const [{ backfill }, { openStore }, { fetchBars }, { createApi }, { createTokens }, { memoryGate }, { systemClock }] =
  await Promise.all(['jobs/backfill.ts', 'stores/sql/open.ts', 'feeds/tradestation/bars.ts', 'feeds/tradestation/api.ts',
    'feeds/tradestation/tokens.ts', 'io/gate.ts', 'io/ctx.ts'].map(gex));
const { URL_OF: url, CLIENT: clientId, SECRET: clientSecret, REFRESH: refreshToken, FOLDER: folder } = process.env;
const quiet = () => {};
const ctx = {
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  clock: { now: () => ${NOW}, sleep: systemClock.sleep },
  signal: new AbortController().signal,
  progress: { start: () => ({ advance: quiet, done: quiet }) },
};
const store = await openStore(folder + '/gex.db');
const gate = memoryGate({ intervalMs: 0 });
const real = { ...ctx, clock: systemClock };
const rest = { apiUrl: url, gateOf: () => gate, tokens: createTokens({ clientId, clientSecret, refreshToken, signInUrl: url, folder }) };
const api = createApi(rest);
const market = {
  bars: ({ symbol, ...window }) => fetchBars(rest, { symbol, window }, real),
  expirations: (symbol) => api.expirations(symbol, real),
  strikes: (symbol, date) => api.strikes(symbol, date, real),
};
const { requests, failures, spans, repaired } = await backfill(
  { underlying: 'RUT', lookbackDays: 2, interval: 5, unit: 'Minute', expirations: 2, strikeDistance: 10, sampleEvery: 1 },
  { store, market },
  ctx,
);
await store.close();
console.log(JSON.stringify({ requests, failures, spans, repaired: repaired.length }));
`;

function startChild({ url, credentials }: RunningTradestation, folder: string): Child {
  const { clientId, clientSecret, refreshToken } = credentials;
  const env = { URL_OF: url, CLIENT: clientId, SECRET: clientSecret, REFRESH: refreshToken, FOLDER: folder };
  return new Child(CHILD, env);
}

const barRequests = (server: RunningTradestation): number =>
  server.requests().filter(({ url }) => url.includes('barcharts')).length;

function storedBars(folder: string): unknown[] {
  const db = new Sqlite(join(folder, 'gex.db'), { readonly: true });
  try {
    const spans = 'select ticker, timeframe, date, part, source, through_ms, items from bar_spans order by 1, 2, 3, 4';
    return [...db.prepare('select * from bars order by ticker, timeframe, start_ms').all(), ...db.prepare(spans).all()];
  } finally {
    db.close();
  }
}

test('a backfill that kill -9 ends several times leaves the rows of an undisturbed one', async () => {
  const server = await standIn('RUT', NOW);
  server.setFaults([{ path: '*barcharts*', status: 429, retryAfter: 0, skip: 3, count: 1 }]);
  const calm = tempFolder();
  const first = JSON.parse((await startChild(server, calm).line()) ?? '{}');
  // The 27th is Thanksgiving; the 28th closes at 13:00; the stand-in opens indexes at the last close.
  expect(first).toMatchObject({ failures: [], repaired: 2 });
  expect(first.spans.map(({ date, state, bars }: Record<string, unknown>) => [date, state, bars])).toEqual([
    ['2025-11-26', 'fetched', 78],
    ['2025-11-28', 'fetched', 42],
  ]);
  expect(first.spans[0].contracts.expirations).toEqual(['2025-11-26', '2025-11-28']);

  const disturbed = tempFolder();
  for (const after of [1, 5, 9]) {
    const seen = barRequests(server);
    const child = startChild(server, disturbed);
    while (barRequests(server) < seen + after) await systemClock.sleep(5);
    await child.kill();
  }
  const last = JSON.parse((await startChild(server, disturbed).line()) ?? '{}');
  expect(last.failures).toEqual([]);
  expect(last.requests).toBeLessThan(first.requests);
  const rows = storedBars(disturbed);
  expect(rows.length).toBeGreaterThan(500);
  expect(rows).toEqual(storedBars(calm));
  const before = server.requests().length;
  expect(JSON.parse((await startChild(server, disturbed).line()) ?? '{}')).toMatchObject({ requests: 0 });
  expect(server.requests().length).toBe(before);
}, 120_000);

test('gex backfill plans without a key, fetches, reports as JSON, fetches nothing again, and shows no secret', async () => {
  const nowMs = Date.now();
  const server = await standIn('HEALTH', nowMs);
  const folder = tempFolder();
  const { clientId, clientSecret, refreshToken } = server.credentials;
  const env = {
    TRADESTATION_API_URL: server.url,
    TRADESTATION_SIGNIN_URL: server.url,
    TRADESTATION_CLIENT_ID: clientId,
    TRADESTATION_CLIENT_SECRET: clientSecret,
    TRADESTATION_REFRESH_TOKEN: refreshToken,
  };
  const args = ['backfill', '--underlying', 'HEALTH', '--lookback-days', '5', '--unit', 'Daily', '--expirations', '1'];
  const choice = [...args, '--strike-distance', '3'];

  const plan = await gex([...choice, '--dry-run'], { folder });
  expect(plan.code).toBe(0);
  expect(plan.stdout).toMatch(
    /^(Would fetch: HEALTH 1d \d{4}-\d{2}-\d{2}\n)+(Would sample: contracts of HEALTH on .*\n)+$/,
  );
  expect(plan.stderr).toMatch(/1 request for bars, about \d+ for contracts/);
  expect(server.requests()).toEqual([]);

  const refused = await gex(choice, { folder });
  expect([refused.code, refused.stdout]).toEqual([3, '']);
  expect(refused.stderr).toContain('TRADESTATION_CLIENT_ID');

  const first = await gex([...choice, '--json', '--log-level', 'debug'], { folder, env });
  expect(first.stderr).not.toMatch(/error/i);
  expect(first.code).toBe(0);
  const report = JSON.parse(first.stdout);
  expect(report).toMatchObject({ schema: 'gex-backfill/1', underlying: 'HEALTH', timeframe: '1d', failures: [] });
  expect(report.reconstruction).toContain('no option chains of the past');
  expect(report.written.bars).toBeGreaterThanOrEqual(2);
  expect(report.written.contractBars).toBeGreaterThan(0);

  const second = await gex(choice, { folder, env });
  expect(second.code).toBe(0);
  expect(second.stdout.split('\n')[0]).toBe('date\tHEALTH 1d\tbars\texpirations\tcontracts\tcontract bars');
  expect(second.stderr).toContain('0 bars and 0 reconstructed contract bars written with 0 requests');

  server.setFaults([{ path: '*barcharts*', status: 403 }]);
  const other = await gex([...args, '--interval', '5', '--unit', 'weekly', '--lookback-days', '20'], { folder, env });
  expect(other.code).toBe(3);
  for (const { stdout, stderr } of [plan, refused, first, second, other]) {
    for (const secret of [clientSecret, refreshToken]) expect(stdout + stderr).not.toContain(secret);
  }
}, 120_000);

test('what the vendor refuses for one contract ends with exit 8 and its sentence', async () => {
  const server = await standIn('HEALTH', Date.now());
  const { clientId, clientSecret, refreshToken } = server.credentials;
  server.setFaults([{ path: '*barcharts/HEALTH%20*', status: 414 }]);
  const args = ['backfill', '--underlying', 'HEALTH', '--unit', 'Daily', '--lookback-days', '5', '--expirations', '1'];
  const result = await gex([...args, '--strike-distance', '0'], {
    folder: tempFolder(),
    env: {
      TRADESTATION_API_URL: server.url,
      TRADESTATION_SIGNIN_URL: server.url,
      TRADESTATION_CLIENT_ID: clientId,
      TRADESTATION_CLIENT_SECRET: clientSecret,
      TRADESTATION_REFRESH_TOKEN: refreshToken,
    },
  });
  expect(result.code).toBe(8);
  expect(result.stderr).toMatch(/bars of HEALTH \d{6}[CP][\d.]+: TradeStation/);
  expect(result.stdout).toContain('fetched');
}, 120_000);
