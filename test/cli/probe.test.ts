import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newYorkInstant } from '../../src/core/calendar.js';
import type { TradestationOptions } from '../../src/server/tradestation/start.js';
import { tempFolder } from '../helpers/folder.js';
import { gex } from '../helpers/gex.js';
import { type Standin, standin } from '../server/tradestation/fixture.js';

const SCOPES = ['openid', 'offline_access', 'MarketData', 'OptionSpreads'];

async function setUp(options: Partial<TradestationOptions> = {}) {
  const server = await standin({ tickers: ['HEALTH'], ...options });
  const folder = tempFolder();
  const env = variables(server, folder);
  const probe = (...args: string[]) => gex(['probe', ...args, '--symbol', 'HEALTH'], { folder, env });
  return { server, probe, folder, env };
}

function variables({ url, credentials }: Standin, folder: string): Record<string, string> {
  return {
    ...{ TRADESTATION_API_URL: url, TRADESTATION_SIGNIN_URL: url, DATA_DIR: join(folder, 'data') },
    TRADESTATION_CLIENT_ID: credentials.clientId,
    TRADESTATION_CLIENT_SECRET: credentials.clientSecret,
    TRADESTATION_REFRESH_TOKEN: credentials.refreshToken,
  };
}

describe('gex probe all', () => {
  it('--json has an answer to every question', async () => {
    const { probe, server } = await setUp();
    const { code, stdout, stderr } = await probe('all', '--json', '-v');
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('error')]);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({
      ...{ schema: 'gex-probe/1', action: 'all', symbol: 'HEALTH', apiUrl: server.url },
      answers: ['quote', 'bars', 'options', 'search', 'market-hours', 'depth', 'crypto'].map((action) => ({
        ...{ action, ok: true, error: null },
      })),
    });
    const table = (title: RegExp) =>
      document.answers.flatMap(({ tables }: { tables: { title: string; rows: Record<string, unknown>[] }[] }) =>
        tables.filter((one) => title.test(one.title)),
      )[0]?.rows;
    expect(table(/^quote$/)).toMatchObject([
      { symbol: 'HEALTH', last: expect.any(Number), traded: '2025-12-17T15:00:00.000Z' },
    ]);
    expect(table(/^last minutes/).length).toBe(10);
    expect(table(/^expirations$/)[0]).toMatchObject({ root: 'HEALTH', date: '2025-12-19' });
    expect(table(/^spread types$/).length).toBeGreaterThan(10);
    expect(table(/^market depth \(aggregates/).length).toBeGreaterThan(2);
    expect(table(/^1?\d crypto pairs/).length).toBeGreaterThan(1);
    const greeks = Object.fromEntries(
      table(/^HEALTH \d{6}[CP]/).map((row: Record<string, unknown>) => [
        row.figure,
        [row.vendor, row['own, from the middle of the quote']],
      ]),
    );
    for (const figure of ['implied volatility', 'delta', 'gamma', 'theta per day', 'vega per point']) {
      const [vendor, own] = greeks[figure];
      expect(Math.abs(own / vendor - 1), `${figure} ${vendor} ${own}`).toBeLessThan(0.1);
    }
    for (const secret of Object.values(server.credentials).slice(1)) expect(stdout + stderr).not.toContain(secret);
  });

  it('is partial, exit 8, when the key may not see the market depth, and names the scope', async () => {
    const { probe } = await setUp({ scopes: SCOPES });
    const { code, stdout, stderr } = await probe('all', '--wait', '2');
    expect(code).toBe(8);
    expect(stderr).toMatch(
      /^gex: 1 of 7 questions were not answered\n {2}depth: .*needs the scope Matrix and its data/m,
    );
    expect(stdout).toMatch(/^# quote: quote\nsymbol\tlast\t/m);
    expect(stdout).toMatch(/^# depth: auth: .*Matrix/m);
  });
});

describe('one question', () => {
  it.each([
    ['a revoked key', 3, { tokenRevoked: true }, /refuses the sign-in \(403 invalid_grant\)/],
    ['an empty answer', 7, { path: '*/v3/*', emptyBody200: true }, /no quote of HEALTH \(no answer\)/],
  ] as const)('%s is exit %d', async (_, exit, fault, sentence) => {
    const { probe } = await setUp({ faults: [fault] });
    const { code, stderr } = await probe('quote');
    expect([code, stderr]).toEqual([exit, expect.stringMatching(sentence)]);
  });

  it('warns when the market is closed, unless told not to', async () => {
    const { probe, folder, env } = await setUp();
    const { open } = await import('../../src/core/hours.js').then(({ marketHours }) => marketHours(Date.now()));
    const warned = (await probe('quote')).stderr.includes('the market is closed until');
    expect(warned).toBe(!open);
    const calm = await gex(['probe', 'quote', '--symbol', 'HEALTH'], {
      folder,
      env: { ...env, TS_WARN_MARKET_HOURS: 'false' },
    });
    expect([calm.code, calm.stderr]).toEqual([0, '']);
  });

  it('an unknown symbol is exit 7, an unknown action exit 2', async () => {
    const { folder, env, probe } = await setUp();
    const nope = await gex(['probe', 'quote', '--symbol', 'NOPE'], { folder, env });
    expect([nope.code, nope.stderr]).toEqual([7, expect.stringContaining('no quote of NOPE')]);
    expect((await probe('everything')).code).toBe(2);
  });
});

describe('gex compute --source tradestation', () => {
  it('computes a snapshot of the key, once its paces are shared in gex.db', async () => {
    const { folder, env, server } = await setUp();
    const args = ['compute', '--source', 'tradestation', '--ticker', 'HEALTH', '--expirations', '2', '--json'];
    const { code, stdout } = await gex(args, { folder, env });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ underlying: 'HEALTH', source: { kind: 'tradestation' } });
    const symbols = server.requests().filter(({ url }) => url.includes('/quotes/HEALTH%20'));
    expect(symbols.length).toBeGreaterThan(0);
  });

  it.each([
    ['10:00', true],
    ['17:00', false],
  ])('takes over the time of a stand-in that runs: %s is open %s', async (time, open) => {
    const [hour] = time.split(':').map(Number);
    const { probe } = await setUp({ mode: 'running', startMs: newYorkInstant('2025-12-17', hour as number, 0) });
    const { code, stdout, stderr } = await probe('market-hours', '--json');
    expect([code, JSON.parse(stdout).marketOpen]).toEqual([0, open]);
    if (open) expect(stderr).not.toContain('the market is closed');
    else expect(stderr).toContain('the market is closed until 2025-12-18T14:30:00.000Z');
  });

  it('without a key is exit 3, and makes no store', async () => {
    const folder = tempFolder();
    const { code, stderr } = await gex(['compute', '--source', 'tradestation'], { folder });
    expect([code, stderr]).toEqual([
      3,
      'gex: TradeStation needs an API key: set TRADESTATION_CLIENT_ID in the environment or in .env; without an account, "gex simulate tradestation" prints what to set for its stand-in\n',
    ]);
    expect(readdirSync(folder)).toEqual([]);
  });
});
