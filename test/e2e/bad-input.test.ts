import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFolder } from '../helpers/folder.js';
import { ended, type GexResult, gex, startGex } from '../helpers/gex.js';
import { tinyDisk } from '../helpers/tiny-disk.js';

type Row = Readonly<Record<string, unknown>>;

const call: Row = {
  root: 'TEST',
  right: 'C',
  strike: 100,
  expiry: '2026-09-18',
  openInterest: 10,
  volume: 5,
  iv: 0.2,
  bid: 2.4,
  ask: 2.6,
};
const put: Row = { ...call, right: 'P', bid: 2.1, ask: 2.3 };

function chainText(contracts: readonly Row[], head: Row = {}): string {
  const base = { schema: 'gex-chain/1', underlying: 'TEST', asOf: '2026-08-19T18:00:00Z', spot: 100 };
  return JSON.stringify({ ...base, rate: 0.04, yield: 0, multiplier: 100, model: 'bsm', ...head, contracts });
}

function computeFile(content: string | Uint8Array, ...args: string[]): Promise<GexResult> {
  const file = join(tempFolder(), 'chain.json');
  writeFileSync(file, content);
  return gex(['compute', '--chain', file, ...args]);
}

/** One clear sentence, nothing on stdout, and the exit code of the kind. */
function expectSentence({ code, stdout, stderr }: GexResult, wantedCode: number, pattern: RegExp): void {
  expect(stderr).toMatch(pattern);
  expect(stderr).toMatch(/^gex: [^\n]+\n$/);
  expect([code, stdout]).toEqual([wantedCode, '']);
}

/** Record files below a folder, staged ones among them. */
function recordFilesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.jsonl'));
}

describe('a chain file', () => {
  test('that is missing is named', async () => {
    expectSentence(await gex(['compute', '--chain', 'no/such.json']), 7, /no\/such\.json/);
  });

  const whole = gzipSync(chainText(Array.from({ length: 200 }, (_, i) => ({ ...call, strike: 50 + i }))));
  test.each<[string, string | Uint8Array, RegExp]>([
    ['empty', '', /chain\.json.*empty/i],
    ['cut short', '{"schema":"gex-chain/1","contracts":[', /chain\.json/],
    ['other JSON', '{"hello":"world"}', /chain\.json/],
    ['not a chain', 'just some words\n', /chain\.json/],
    ['a cut gzip', whole.subarray(0, 300), /chain\.json.*gzip/i],
    ['one line of 10 MB', 'x'.repeat(10_000_000), /chain\.json/],
    ['without a contract', chainText([]), /contract/],
    [
      'without open interest',
      chainText([call, put].map((row) => ({ ...row, openInterest: 0 }))),
      /open interest.*--weight volume/,
    ],
    ['all expired', chainText([call, put].map((row) => ({ ...row, expiry: '2026-08-18' }))), /expired.*--as-of/],
  ])('that is %s is a data error with its name', async (_, content, pattern) => {
    expectSentence(await computeFile(content), 5, pattern);
  });

  test('in a folder place says so', async () => {
    const result = await gex(['compute', '--chain', tempFolder()]);
    expect(result.code).toBeGreaterThan(1);
    expect(result.stderr).toMatch(/^gex: [^\n]+\n$/);
  });
});

interface Computed {
  readonly totals: Readonly<Record<string, number | null>>;
  readonly levels: {
    readonly zeroGamma: number | null;
    readonly zeroGammaReason: string | null;
    readonly putCallRatio: Readonly<Record<string, number | null>>;
  };
  readonly coverage: {
    readonly contracts: number;
    readonly priced: number;
    readonly excluded: Readonly<Record<string, number>>;
  };
  readonly warnings: readonly string[];
}

async function computed(contracts: readonly Row[]): Promise<Computed> {
  const { code, stdout, stderr } = await computeFile(chainText(contracts), '--json');
  expect([code, stderr]).toEqual([0, '']);
  const result = JSON.parse(stdout) as Computed;
  const { contracts: all, priced, excluded } = result.coverage;
  expect(all).toBe(priced + Object.values(excluded).reduce((a, b) => a + b, 0));
  return result;
}

describe('a chain that has numbers but not all of them', () => {
  test('of calls only has no put/call ratio to speak of and no zero gamma', async () => {
    const { totals, levels, warnings } = await computed([call, { ...call, strike: 110, bid: 0.2, ask: 0.3 }]);
    expect(totals.callGex).toBeGreaterThan(0);
    expect(totals.putGex).toBe(0);
    expect(levels.zeroGamma).toBeNull();
    expect(levels.putCallRatio.openInterest).toBeNull();
    expect(warnings.join()).toMatch(/put/);
  });

  test('with crossed quotes, negative or absent numbers leaves out those contracts and keeps the rest', async () => {
    const { coverage, totals } = await computed([
      call,
      put,
      { ...call, strike: 105, bid: 3, ask: 1, iv: null },
      { ...call, strike: 106, bid: -1, ask: -0.5, iv: -0.2 },
      { ...call, strike: 107, bid: null, ask: null, iv: null },
      { ...call, strike: 108, openInterest: -5, bid: 0.1, ask: 0.2 },
    ]);
    expect(coverage.priced).toBeGreaterThanOrEqual(2);
    expect(coverage.priced).toBeLessThanOrEqual(3);
    expect(totals.callGex).toBeGreaterThan(0);
  });
});

describe('gex price', () => {
  test('does the good rows and gives each bad one its status and line', async () => {
    const rows = [
      'id,type,spot,strike,t,vol',
      'a,c,100,100,0.5,0.2',
      'b,c,100,-1,0.5,0.2',
      'c,p,NaN,100,0.5,0.2',
      'd,x,100,100,0.5,0.2',
      'e,p,100,100,0.5,0.2',
    ];
    const { code, stdout, stderr } = await gex(['price', '-', '--format', 'csv'], { input: rows.join('\n') });
    expect(code).toBe(8);
    expect(stdout.trim().split('\n')).toHaveLength(6);
    expect(stderr).toMatch(/^gex: [^\n]*3 of 5[^\n]*/);
  });

  test('without its file is a missing error', async () => {
    expectSentence(await gex(['price', 'no/such.csv']), 7, /no\/such\.csv/);
  });

  test.each([
    ['an empty input', '', /stdin is empty/],
    ['one line of 10 MB', 'x'.repeat(10_000_000), /stdin, line 1: longer than/],
    ['a cut gzip', gzipSync('type,spot,strike,t,vol\n'.repeat(1000)).subarray(0, 40), /stdin.*gzip/i],
  ])('of %s is a data error', async (_, input, pattern) => {
    expectSentence(await gex(['price', '-'], { input }), 5, pattern);
  });

  test('whose reader goes away ends quietly', async () => {
    const rows = 'c,100,100,0.5,0.2\n'.repeat(200_000);
    const child = startGex(['price', '-', '--format', 'jsonl', '--quiet']);
    child.stdin.on('error', () => {});
    child.stdin.end(`type,spot,strike,t,vol\n${rows}`);
    child.stdout.once('data', () => child.stdout.destroy());
    const stderr = text(child.stderr);
    const [code] = await once(child, 'exit');
    expect([code, await stderr]).toEqual([0, '']);
  });
});

describe('gex compute', () => {
  test('without network says so and names the synthetic source', async () => {
    const args = ['compute', '--cboe-base-url', 'http://127.0.0.1:1', '--data-dir', tempFolder()];
    expectSentence(await gex(args), 4, /127\.0\.0\.1:1.*ECONNREFUSED.*--source synth/);
  });

  test.each([
    [['--ticker', 'ZZZZ'], 7, /ZZZZ.*SPX/],
    [['--expiry', '2020-01-03'], 7, /2020-01-03/],
    [['--ticker', 'not a ticker'], 2, /--ticker/],
    [['--as-of', 'yesterday'], 2, /--as-of/],
    [['--sweep', '1.2,0.8'], 2, /--sweep/],
  ])('of a synthetic chain with %j is one sentence and exit %i', async (args, code, pattern) => {
    expectSentence(await gex(['compute', '--source', 'synth', ...args]), code, pattern);
  });

  test.each([
    ['a file', (folder: string) => join(folder, 'file')],
    ['below a file', (folder: string) => join(folder, 'file', 'data')],
    ['in /proc', () => '/proc/nope'],
  ])('keeping its result %s is a storage error after the result', async (_, place) => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'file'), 'mine');
    const args = ['compute', '--source', 'synth', '--json', '--store', '--data-dir', place(folder)];
    const { code, stdout, stderr } = await gex(args);
    expect(code).toBe(6);
    expect(JSON.parse(stdout).schema).toBe('gex-compute/1');
    expect(stderr).toMatch(/^gex: cannot [^\n]+\n$/);
  });
});

describe('gex synth', () => {
  const short = ['synth', '--tickers', 'SPX', '--start', '09:30', '--end', '09:31', '--date', '2026-08-19'];

  test.each([
    [['--tickers', 'ZZZZZ'], 7, /ZZZZZ/],
    [['--date', '2026-08-22'], 2, /2026-08-22/],
    [['--date', '2026-12-25'], 2, /2026-12-25/],
  ])('%j is one sentence and exit %i, and leaves nothing behind', async (args, code, pattern) => {
    const folder = tempFolder();
    expectSentence(await gex(['synth', ...args], { env: { DATA_DIR: join(folder, 'data') } }), code, pattern);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('into a place that is no folder is a storage error', async () => {
    const place = join(tempFolder(), 'data');
    writeFileSync(place, 'mine');
    const { code, stdout, stderr } = await gex([...short, '--data-dir', place]);
    expect([code, stdout]).toEqual([6, '']);
    expect(stderr).toMatch(/^gex: [^\n]*data[^\n]*\n$/m);
    expect(readFileSync(place, 'utf8')).toBe('mine');
  });

  test('on a full disk is a storage error and leaves no record file', async (context) => {
    const disk = tinyDisk(256);
    if (disk === undefined) return context.skip('no small file system can be mounted here');
    const { code, stdout, stderr } = await gex([...short, '--data-dir', disk]);
    expect([code, stdout]).toEqual([6, '']);
    expect(stderr).toMatch(/^gex: [^\n]*(space|full)[^\n]*$/im);
    expect(recordFilesIn(disk)).toEqual([]);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('stopped by %s in the middle leaves no record file', async (signal) => {
    const folder = tempFolder();
    const child = startGex([
      'synth',
      '--tickers',
      'SPX',
      '--interval',
      '1s',
      '--data-dir',
      folder,
      '--date',
      '2026-08-19',
    ]);
    const result = ended(child);
    await expect.poll(() => recordFilesIn(folder).length, { timeout: 20_000 }).toBe(15);
    child.kill(signal);
    const { code, stdout, stderr } = await result;
    expect([code, stdout]).toEqual([130, '']);
    expect(stderr).toContain(`gex: stopped by ${signal}\n`);
    expect(recordFilesIn(folder)).toEqual([]);
  });
});

test('with a Node.js that the SQLite module was not built for it is one sentence that says how to build it', async () => {
  const refusal = `Object.assign(new Error('built for another version'), { code: 'ERR_DLOPEN_FAILED' })`;
  const broken = `data:text/javascript,${encodeURIComponent(`process.dlopen = () => { throw ${refusal}; }`)}`;
  const args = ['synth', '--date', '2026-08-19', '--end', '09:31', '--data-dir', tempFolder()];
  expectSentence(
    await gex(args, { env: { NODE_OPTIONS: `--import=${broken}` } }),
    6,
    /gex\.db: .*npm rebuild better-sqlite3/,
  );
});

describe('gex serve', () => {
  test('of a date that is not held says so and names those that are', async () => {
    const folder = tempFolder();
    expectSentence(await gex(['serve', '--data-dir', folder, '--date', '2020-01-02']), 7, /2020-01-02|No market day/);
  });

  test('on a port in use is one usage sentence', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    expectSentence(
      await gex(['demo', '--check', '--quiet', '--json', '--port', String(port)]),
      2,
      new RegExp(`${port}`),
    );
  });
});
