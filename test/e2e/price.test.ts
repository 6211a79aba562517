import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { greeks } from '../../src/core/blackscholes.js';
import { impliedVolatility } from '../../src/core/impliedvol.js';
import { tempFolder } from '../helpers/folder.js';
import { gex, startGex } from '../helpers/gex.js';

const HEAD =
  'id,type,spot,strike,t,rate,yield,vol,price,delta,gamma,vega,theta,rho,vanna,charm,vomma,speed,color,zomma,ultima,iv,ivStatus,ivErrorBound,status,message,line';

const CSV =
  'id,type,spot,strike,t,rate,yield,vol,price\na,c,100,105,0.25,0.04,0.01,0.2,\nb,p,100,105,0.25,0.04,0.01,,7.5\n';
const option = { spot: 100, strike: 105, years: 0.25, rate: 0.04, dividendYield: 0.01 };

it('prices a CSV file into CSV with every digit, unknown numbers empty', async () => {
  const folder = tempFolder();
  writeFileSync(join(folder, 'options.csv'), CSV);
  const { code, stdout, stderr } = await gex(['price', 'options.csv'], { folder });
  expect([code, stderr]).toEqual([0, '']);
  const [head, a = '', b = '', end] = stdout.split('\n');
  expect([head, end]).toEqual([HEAD, '']);
  const expected = greeks({ ...option, right: 'C', volatility: 0.2 });
  const names = HEAD.split(',');
  const cells = Object.fromEntries(a.split(',').map((cell, i) => [names[i], cell]));
  for (const [name, value] of Object.entries(expected)) expect(Number(cells[name])).toBe(value);
  expect(cells).toMatchObject({ id: 'a', vol: '0.2', iv: '', ivStatus: '', ivErrorBound: '', status: 'ok', line: '2' });
  const { volatility, errorBound } = impliedVolatility({ ...option, right: 'P', price: 7.5 });
  expect(b.split(',').slice(-6)).toEqual([String(volatility), 'ok', String(errorBound), 'ok', '', '3']);
});

it('prices JSONL from stdin, null where unknown, and as one object with --json', async () => {
  const input = '{"id":1,"type":"call","spot":100,"strike":105,"t":0.25,"vol":0.2}\n{"id":2,"type":"x"}\n';
  const args = ['price', '-', '--rate', '0.04', '--yield', '0.01'];
  const lines = await gex([...args, '--format', 'jsonl'], { input });
  const [first, second] = lines.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(first).toMatchObject({ ...greeks({ ...option, right: 'C', volatility: 0.2 }), id: 1, rate: 0.04, iv: null });
  expect(second).toMatchObject({ id: 2, status: 'error', line: 2, price: null, gamma: null });
  expect(lines.code).toBe(8);
  const { stdout } = await gex([...args, '--json'], { input });
  expect(JSON.parse(stdout)).toEqual({
    schema: 'gex-price/1',
    model: 'bsm',
    rows: [first, second],
    count: 2,
    failed: 1,
  });
});

it('does the good rows, names the bad ones on stderr and ends with exit 8', async () => {
  const { code, stdout, stderr } = await gex(['price'], {
    input: `${CSV}c,x,1,1,1,,,1,\nd,c,100,0,1,,,1,\n${CSV.split('\n')[1]}`,
  });
  expect(code).toBe(8);
  expect(stderr).toBe(
    `gex: 2 of 5 rows of stdin could not be priced:
  line 4: type: found "x", give c, p, call or put
  line 5: strike: found "0", give a number above 0
`,
  );
  const lines = stdout.trim().split('\n').slice(1);
  const endings = [/,ok,,2$/, /,ok,,3$/, /,error,"type: .*",4$/, /,error,"strike: .*",5$/, /,ok,,6$/];
  expect(lines).toHaveLength(5);
  for (const [i, ending] of endings.entries()) expect(lines[i]).toMatch(ending);
});

it('prices on a forward, with years from --as-of to a date or an instant', async () => {
  const input = 'type,forward,strike,expiry,price\nc,100,95,2026-08-20,6\nc,100,95,2026-08-20T20:00:00Z,6\n';
  const { stdout, stderr, code } = await gex(
    ['price', '--model', 'black76', '--as-of', '2026-08-19T16:00', '--format', 'jsonl'],
    { input },
  );
  expect([code, stderr]).toEqual([0, '']);
  const { volatility } = impliedVolatility(
    { right: 'C', price: 6, spot: 100, strike: 95, years: 1 / 365, rate: 0, dividendYield: 0 },
    'black76',
  );
  for (const line of stdout.trim().split('\n'))
    expect(JSON.parse(line)).toMatchObject({ forward: 100, t: 1 / 365, iv: volatility, yield: null });
});

it('rounds the table', async () => {
  const { stdout } = await gex(['price', '--format', 'table'], { input: CSV });
  const [head, row = ''] = stdout.split('\n');
  expect(head?.split('\t')).toEqual(HEAD.split(','));
  const rounded = String(Number(greeks({ ...option, right: 'C', volatility: 0.2 }).price.toPrecision(6)));
  expect(row.split('\t').slice(0, 9)).toEqual(['a', 'c', '100', '105', '0.25', '0.04', '0.01', '0.2', rounded]);
});

it.each([
  [['price', 'none.csv'], '', 7, 'none.csv: no such file; check the path, or give - for stdin'],
  [['price', '.'], '', 7, '.: is a folder; name a file in it'],
  [['price', '-'], '', 5, 'stdin is empty; give CSV with a header or JSONL'],
  [
    ['price'],
    'strike,vol\n',
    5,
    'stdin: no column type, no column spot, no column t or expiry; the header takes id, type, spot, forward, strike, t, expiry, rate, yield, vol, price',
  ],
  [
    ['price'],
    'type,spot,strike,expiry,vol\nc,1,1,2026-08-20,1\n',
    2,
    'line 2 gives an expiry instead of t; add --as-of and the moment to price at',
  ],
  [['price', '--rate', '4%'], CSV, 2, '--rate (flag): found "4%"; give a number from -0.5 to 1'],
])('gex %j ends in one sentence and prints nothing else', async (args, input, code, sentence) => {
  const result = await gex(args, { input, folder: tempFolder() });
  expect(result).toEqual({ code, stdout: '', stderr: `gex: ${sentence}\n` });
});

it('runs through a long file in a small heap, in order', { timeout: 60_000 }, async () => {
  const row = (i: number): string => `${i},${i % 2 ? 'c' : 'put'},100,${80 + (i % 40)},0.5,,,0.3,\n`;
  const input = [
    'id,type,spot,strike,t,rate,yield,vol,price\n',
    ...Array.from({ length: 60_000 }, (_, i) => row(i)),
  ].join('');
  const { code, stdout } = await gex(['price'], { input, env: { NODE_OPTIONS: '--max-old-space-size=24' } });
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split('\n').slice(1);
  expect(lines).toHaveLength(60_000);
  expect(lines.every((line, i) => line.startsWith(`${i},`) && line.endsWith(`,${i + 2}`))).toBe(true);
});

it('stops quietly when its reader goes away', async () => {
  const child = startGex(['price', '-']);
  child.stdin?.on('error', () => {});
  child.stdout?.once('data', () => child.stdout?.destroy());
  child.stdin?.end(CSV + 'z,c,100,95,1,,,0.2,\n'.repeat(100_000));
  const stderr = child.stderr ? text(child.stderr) : '';
  const [code] = await once(child, 'exit');
  expect([code, await stderr]).toEqual([0, '']);
});

it('stops at once on SIGINT, also while it waits for input', async () => {
  const child = startGex(['price', '-']);
  child.stdin?.write(CSV + 'z,c,100,95,1,,,0.2,\n'.repeat(3000));
  await once(child.stdout ?? child, 'data');
  child.stdout?.resume();
  child.kill('SIGINT');
  expect((await once(child, 'exit'))[0]).toBe(130);
});
