import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { tempFolder } from '../helpers/folder.js';
import { gex } from '../helpers/gex.js';

const contracts = [90, 95, 100, 105, 110].flatMap((strike) =>
  ['C', 'P'].flatMap((right) =>
    ['2026-08-19', '2026-09-18'].map((expiry) => ({
      root: 'SPY',
      right,
      strike,
      expiry,
      iv: 0.2,
      openInterest: right === 'C' ? strike : 205 - strike,
      volume: 10,
    })),
  ),
);

function chainFile(change: Readonly<Record<string, unknown>> = {}): { folder: string; file: string } {
  const folder = tempFolder();
  const file = join(folder, 'chain.json');
  const head = { schema: 'gex-chain/1', underlying: 'SPY', asOf: '2026-08-19T15:00:00Z', spot: 101.5 };
  writeFileSync(file, JSON.stringify({ ...head, rate: 0.04, yield: 0.01, contracts, ...change }));
  return { folder, file };
}

const EXPOSURES = [
  ...['callGex', 'putGex', 'netGex', 'absGex', 'netGexVolume', 'dexMarket', 'dexDealer', 'vexMarket', 'vexDealer'],
  ...['chexMarket', 'chexDealer', 'callOpenInterest', 'putOpenInterest', 'callVolume', 'putVolume'],
];

it('--json is one gex-compute/1 object with everything in it and nothing else on stdout', async () => {
  const { folder, file } = chainFile();
  const { code, stdout, stderr } = await gex(['compute', '--chain', file, '--iv', 'chain', '--json'], { folder });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.trim().split('\n')).toHaveLength(1);
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({
    schema: 'gex-compute/1',
    underlying: 'SPY',
    asOf: '2026-08-19T15:00:00.000Z',
    spot: 101.5,
    source: { kind: 'gex-chain', name: file },
    convention: {
      preset: 'default',
      unit: 'usd-per-1pct',
      sign: 'naive',
      iv: 'chain',
      rate: 0.04,
      rateOrigin: 'chain',
    },
    coverage: { contracts: 20, priced: 20, openInterestShare: 1, excluded: {} },
    warnings: [],
  });
  for (const row of [result.totals, ...result.byStrike, ...result.byExpiry]) {
    expect(Object.keys(row)).toEqual(expect.arrayContaining(EXPOSURES));
  }
  expect(result.byStrike.map((row: { strike: number }) => row.strike)).toEqual([90, 95, 100, 105, 110]);
  expect(result.byExpiry.map((row: { expiry: string }) => row.expiry)).toEqual(['2026-08-19', '2026-09-18']);
  expect(result.profile).toHaveLength(161);
  expect(result.profile[80]).toEqual({ spot: 101.5, netGex: expect.any(Number) });
  const { levels } = result;
  expect(levels.zeroGammas).toContainEqual({ spot: levels.zeroGamma, slope: expect.any(Number) });
  expect(levels.zeroGammaReason).toBeNull();
  expect(Object.keys(levels.strikeCrossings)).toEqual(['cumulativeFirst', 'cumulativeNearest', 'adjacentFirst']);
  expect(levels.putCallRatio).toEqual({ openInterest: 525 / 500, volume: 1 });
  expect(levels.maxPain.map((pain: { expiry: string }) => pain.expiry)).toEqual(['2026-08-19', '2026-09-18']);
});

it('unknown figures are null, never 0', async () => {
  const { folder, file } = chainFile({
    contracts: contracts
      .filter(({ right }) => right === 'C')
      .map((row) => ({ ...row, volume: undefined, gamma: 0.01 })),
  });
  const args = ['compute', '--chain', file, '--iv', 'chain', '--greeks', 'chain', '--json'];
  const { totals, levels } = JSON.parse((await gex(args, { folder })).stdout);
  expect(totals).toMatchObject({ vexMarket: null, chexDealer: null, netGexVolume: null, callVolume: null });
  expect(levels).toMatchObject({ zeroGamma: null, putWall: null, putCallRatio: { openInterest: null, volume: null } });
  expect(levels.zeroGammaReason).toContain('positive from 0.5 to 1.5 times spot');
});

it('every stated convention overrides the preset and is printed', async () => {
  const { folder, file } = chainFile();
  const flags = ['--preset', 'zerogex', '--unit', 'shares-per-point', '--sign', 'reverse', '--weight', 'volume'];
  const more = ['--iv', 'chain', '--rate', '0.01', '--yield', '0.02', '--sweep', '0.9,1.1', '--spot', '99', '--json'];
  const { stdout } = await gex(['compute', '--chain', file, ...flags, ...more], { folder });
  const { convention, spot, profile } = JSON.parse(stdout);
  expect(spot).toBe(99);
  expect(convention).toMatchObject({
    preset: 'zerogex',
    unit: 'shares-per-point',
    sign: 'reverse',
    weight: 'volume',
    clock: 'act365-min30m',
    rate: 0.01,
    rateOrigin: 'option',
    dividendYield: 0.02,
    spotSource: 'option',
    sweep: { ranges: [[0.9, 1.1]], levels: 161, root: 'polished' },
  });
  expect([profile[0].spot, profile.at(-1).spot]).toEqual([99 * 0.9, expect.closeTo(99 * 1.1, 10)]);
});

it('the report names source, age, convention and levels, and fits 100 columns in a pipe', async () => {
  const { folder, file } = chainFile();
  const { code, stdout } = await gex(['compute', '--chain', file, '--iv', 'chain'], { folder });
  expect(code).toBe(0);
  for (const text of [file, '2026-08-19 11:00:00 New York', 'zero gamma', 'call wall', 'max pain', 'put/call']) {
    expect(stdout).toContain(text);
  }
  expect(stdout).toContain('20 of 20 contracts priced, 100.0 % of open interest');
  expect(stdout).toContain('█');
  expect(stdout).not.toContain('\u001b[');
  const lines = stdout.split('\n').filter((line) => !line.includes(folder));
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
});

it('csv has the exposures by strike with every digit', async () => {
  const { folder, file } = chainFile();
  const args = ['compute', '--chain', file, '--iv', 'chain'];
  const [csv, json] = await Promise.all([
    gex([...args, '--format', 'csv'], { folder }),
    gex([...args, '--json'], { folder }),
  ]);
  const [head = '', ...lines] = csv.stdout.trim().split('\n');
  const { byStrike } = JSON.parse(json.stdout);
  const rows = lines.map((line) =>
    Object.fromEntries(line.split(',').map((cell, i) => [head.split(',')[i], Number(cell)])),
  );
  expect(rows).toEqual(byStrike);
});

it('gexbot is the classic record in 15 keys', async () => {
  const { folder, file } = chainFile();
  const { stdout } = await gex(['compute', '--chain', file, '--iv', 'chain', '--format', 'gexbot'], { folder });
  const record = JSON.parse(stdout);
  expect(Object.keys(record)).toHaveLength(15);
  expect(record).toMatchObject({ ticker: 'SPY', timestamp: 1787151600, spot: 101.5, min_dte: 0, sec_min_dte: 30 });
});

it('--store keeps the result, and the store is what is computed next', async () => {
  const { folder, file } = chainFile();
  const store = ['compute', '--chain', file, '--iv', 'chain', '--store', '--data-dir', folder];
  const first = await gex(store, { folder });
  expect(first.stderr).toMatch(/stored 5 strikes .* 3 records/);
  expect(readFileSync(join(folder, '2026-08-19/SPY/classic/gex_zero.jsonl'), 'utf8')).toMatch(
    /^\{"timestamp":1787151600,/,
  );
  const again = await gex(store, { folder });
  expect(again.code).toBe(0);
  expect(again.stderr).toContain('not appended again');
  const args = ['compute', '--source', 'store', '--data-dir', folder, '--iv', 'chain', '--json'];
  const { source, totals } = JSON.parse((await gex(args, { folder })).stdout);
  expect(source).toMatchObject({ kind: 'store', name: `${join(folder, 'gex.db')}, first from gex-chain ${file}` });
  expect(totals.callOpenInterest).toBe(1000);
});

it('computes a synthetic chain without network', async () => {
  const folder = tempFolder();
  const { code, stdout } = await gex(['compute', '--source', 'synth', '--ticker', 'SPX', '--json'], { folder });
  expect(code).toBe(0);
  const { source, coverage } = JSON.parse(stdout);
  expect(source.kind).toBe('synth');
  expect(coverage.priced).toBeGreaterThan(100);
  expect(existsSync(join(folder, 'data'))).toBe(false);
});

it('fetches an index from Cboe with an underscore', async () => {
  const asked: (string | undefined)[] = [];
  const options = contracts.map(({ right, strike, expiry, iv, openInterest, volume }) => ({
    option: `SPX${expiry.slice(2).replaceAll('-', '')}${right}${String(strike * 1000).padStart(8, '0')}`,
    ...{ iv, volume, open_interest: openInterest, delta: 0.5, gamma: 0.01, bid: 1, ask: 1.1 },
  }));
  const body = gzipSync(
    JSON.stringify({ timestamp: '2026-08-19 15:00:00', data: { symbol: '^SPX', current_price: 101.5, options } }),
  );
  const server = createServer((request, response) => {
    asked.push(request.url);
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
  const folder = tempFolder();
  const args = ['compute', '--ticker', 'SPX', '--cboe-base-url', address, '--greeks', 'chain', '--json'];
  const { code, stdout, stderr } = await gex(args, { folder });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(asked).toEqual(['/api/options/_SPX.json']);
  expect(JSON.parse(stdout).source).toMatchObject({ kind: 'cboe-json', name: `${address}/options/_SPX.json` });
});

it('without network one sentence says so and names --source synth', async () => {
  const folder = tempFolder();
  const { code, stdout, stderr } = await gex(['compute', '--cboe-base-url', 'http://127.0.0.1:9'], { folder });
  expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toContain('--source synth');
});

it.each([
  ['a missing file', 'nowhere.json', undefined, 7, 'no such chain file'],
  ['an empty file', 'empty.json', '', 5, 'empty'],
  ['no chain', 'other.json', '{"a":1}', 5, 'other.json'],
  ['half a gzip', 'cut.json.gz', gzipSync('{"schema":"gex-chain/1"}'.repeat(99)).subarray(0, 30), 5, 'cut.json.gz'],
])('%s is one sentence and its exit code', async (_what, name, content, exit, text) => {
  const folder = tempFolder();
  if (content !== undefined) writeFileSync(join(folder, name), content);
  const { code, stdout, stderr } = await gex(['compute', '--chain', name], { folder });
  expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toContain(text);
});

it('an unknown expiry is missing and lists what exists', async () => {
  const { folder, file } = chainFile();
  const { code, stderr } = await gex(['compute', '--chain', file, '--expiry', '2026-08-20'], { folder });
  expect(code).toBe(7);
  expect(stderr).toContain('2026-08-19, 2026-09-18');
});
