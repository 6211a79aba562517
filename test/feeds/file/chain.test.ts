import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { newYorkDate } from '../../../src/core/calendar.js';
import type { ChainSnapshot } from '../../../src/core/model.js';
import { exitCodeOf } from '../../../src/errors.js';
import { parseChain, readChainFile } from '../../../src/feeds/file/chain.js';

const DATA = '../shared/data';
const hasData = existsSync(DATA);

const folder = mkdtempSync(join(tmpdir(), 'gex-chain-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Rows of the data's description: snapshot, spot, contracts, expiries, roots, open interest (total, calls), volume, GEX ($Bn per 1 %), and iv = 0 or 0.02. */
const FILES: readonly (readonly [
  string,
  string,
  number,
  number,
  number,
  Record<string, number>,
  number,
  number,
  number,
  number,
])[] = [
  [
    'cboe-json/aapl_2025-06-06.json.gz',
    '2025-06-08T00:42:28Z',
    204.47,
    2428,
    21,
    { AAPL: 2428 },
    5116167,
    2914906,
    629137,
    0.2567,
  ],
  [
    'cboe-json/ndx_2024-03-22_from-csv.json.gz',
    '2024-03-23T01:40:00Z',
    18339.4434,
    21004,
    45,
    { NDXP: 15636, NDX: 5368 },
    132124,
    55599,
    50580,
    4.1337,
  ],
  [
    'cboe-json/qqq_2025-05-09_premarket.json.gz',
    '2025-05-09T13:12:10Z',
    490.38,
    9542,
    36,
    { QQQ: 9542 },
    9922363,
    4084114,
    4522936,
    1.8856,
  ],
  [
    'cboe-json/rut_2023-09-20.json.gz',
    '2023-09-21T03:17:42Z',
    1806.1193,
    6680,
    26,
    { RUT: 1472, RUTW: 5208 },
    656107,
    219293,
    43156,
    -1.27,
  ],
  [
    'cboe-json/spx_2026-07-22_rebuilt.json.gz',
    '2026-07-22T22:51:47Z',
    7498.96,
    29364,
    56,
    { SPX: 9626, SPXW: 19738 },
    21381104,
    9092918,
    4022625,
    21.0543,
  ],
  [
    'cboe-json/spx_2026-08-19_rebuilt.json.gz',
    '2026-08-19T21:58:45Z',
    7707.98,
    30204,
    56,
    { SPX: 10208, SPXW: 19996 },
    24981420,
    10475343,
    4235980,
    30.7022,
  ],
  [
    'cboe-json/spy_2022-04-01_bare.json.gz',
    '2022-04-01T20:00:00Z',
    452.92,
    9798,
    34,
    { SPY: 9798 },
    18321478,
    5429327,
    6618721,
    -3.6954,
  ],
  [
    'cboe-json/spy_2025-06-06.json.gz',
    '2025-06-08T12:49:38Z',
    599.14,
    9072,
    32,
    { SPY: 9072 },
    16435821,
    5828143,
    4335906,
    3.3807,
  ],
  [
    'cboe-json/spy_2026-07-22_rebuilt.json.gz',
    '2026-07-22T22:51:31Z',
    745.6,
    13592,
    34,
    { SPY: 13592 },
    17050566,
    5903948,
    9902155,
    -2.2779,
  ],
  [
    'cboe-json/spy_2026-08-19_rebuilt.json.gz',
    '2026-08-19T21:58:22Z',
    769.06,
    14160,
    34,
    { SPY: 14160 },
    21891987,
    6148380,
    9850893,
    -2.2491,
  ],
  [
    'cboe-csv/ndx_2024-03-22.quotedata.csv.gz',
    '2024-03-23T01:40:00Z',
    18339.4434,
    21004,
    45,
    { NDXP: 15636, NDX: 5368 },
    132124,
    55599,
    50580,
    4.1337,
  ],
  [
    'cboe-csv/qqq_2024-03-22.quotedata.csv.gz',
    '2024-03-23T01:46:00Z',
    445.65,
    9840,
    31,
    { QQQ: 9840 },
    10423301,
    3495170,
    2901906,
    0.1957,
  ],
  [
    'cboe-csv/spx_2022-12-12_example-prefix.quotedata.csv.gz',
    '2022-12-13T01:30:00Z',
    3990.5601,
    19156,
    51,
    { SPXW: 12762, SPX: 6394 },
    19269624,
    7009311,
    2514317,
    -1.0752,
  ],
  [
    'cboe-csv/spx_2023-02-28_karl.quotedata.csv.gz',
    '2023-03-01T01:40:00Z',
    3970.1499,
    18382,
    50,
    { SPXW: 12642, SPX: 5740 },
    17208489,
    6060420,
    2438080,
    -24.9172,
  ],
  [
    'cboe-csv/spx_2023-03-16_karl.quotedata.csv.gz',
    '2023-03-17T01:20:00Z',
    3960.28,
    19098,
    50,
    { SPXW: 13010, SPX: 6088 },
    19230054,
    6752764,
    3346264,
    -14.5739,
  ],
  [
    'cboe-csv/spx_2023-09-14.quotedata.csv.gz',
    '2023-09-14T20:31:00Z',
    4505.1001,
    19920,
    53,
    { SPXW: 13634, SPX: 6286 },
    20386854,
    6663949,
    2839885,
    23.3097,
  ],
  [
    'cboe-csv/spx_2023-12-09_locale-ru.quotedata.csv.gz',
    '2023-12-09T18:49:00Z',
    4604.3701,
    6230,
    15,
    { SPXW: 5420, SPX: 810 },
    9978820,
    3656873,
    2899629,
    39.3961,
  ],
  [
    'cboe-csv/spx_2026-03-14_locale-en-gb.quotedata.csv.gz',
    '2026-03-14T11:34:00Z',
    6632.1899,
    1944,
    54,
    { SPXW: 1336, SPX: 608 },
    1203107,
    424298,
    1984056,
    -34.2567,
  ],
  [
    'cboe-csv/spy_2022-07-09.quotedata.csv.gz',
    '2022-07-09T21:28:00Z',
    388.67,
    8666,
    34,
    { SPY: 8666 },
    16336260,
    6309758,
    3947700,
    -2.821,
  ],
  [
    'cboe-csv/spy_2023-09-14.quotedata.csv.gz',
    '2023-09-14T20:31:00Z',
    450.81,
    7292,
    31,
    { SPY: 7292 },
    21573172,
    6906952,
    9091800,
    4.9428,
  ],
];

const sum = (column: Float64Array): number =>
  column.reduce((total, value) => total + (Number.isNaN(value) ? 0 : value), 0);
const onSide = (chain: ChainSnapshot, column: Float64Array, side: number): Float64Array =>
  column.filter((_, row) => chain.contracts.side[row] === side);
const expiryOf = (chain: ChainSnapshot, row: number) => {
  const expiry = chain.contracts.expiries[chain.contracts.expiry[row] ?? -1];
  if (expiry === undefined) throw new Error(`row ${row} has no expiry`);
  return expiry;
};

function rootsOf(chain: ChainSnapshot): Record<string, number> {
  const roots: Record<string, number> = {};
  for (let row = 0; row < chain.contracts.length; row++) {
    const { root } = expiryOf(chain, row);
    roots[root] = (roots[root] ?? 0) + 1;
  }
  return roots;
}

/** Naive exposure in $Bn per 1 % from the published gamma, as the data's description defines it. */
function naiveGex({ contracts, vendor, openInterest, spot }: ChainSnapshot): number {
  const perContract = openInterest.map(
    (held, row) =>
      (contracts.side[row] ?? 0) * (vendor?.gamma[row] ?? Number.NaN) * held * (contracts.multiplier[row] ?? 0),
  );
  return (sum(perContract) * spot * spot * 0.01) / 1e9;
}

describe.skipIf(!hasData)('real chain files (needs ../shared/data)', () => {
  it.each(FILES)(
    '%s reads with the counts and sums its description states',
    async (file, asOf, spot, contracts, expiries, roots, held, heldCalls, volume, gex) => {
      const chain = await readChainFile(`${DATA}/${file}`);
      expect(new Date(chain.asOfMs).toISOString()).toBe(asOf.replace('Z', '.000Z'));
      expect(chain.spot).toBe(spot);
      expect(chain.contracts.length).toBe(contracts);
      expect(new Set(chain.contracts.expiries.map(({ label }) => label)).size).toBe(expiries);
      expect(rootsOf(chain)).toEqual(roots);
      expect(chain.underlying).toBe(file.split('/')[1]?.split('_')[0]?.toUpperCase());
      expect(sum(chain.openInterest)).toBe(held);
      expect(sum(onSide(chain, chain.openInterest, 1))).toBe(heldCalls);
      expect(sum(chain.volume)).toBe(volume);
      expect(naiveGex(chain)).toBeCloseTo(gex, 4);
      expect(chain.rejected).toEqual({});
    },
  );

  it('the error body says that Cboe does not serve the ticker', async () => {
    const error = await readChainFile(`${DATA}/cboe-json/error_unavailable_body.txt`).catch(
      (thrown: unknown) => thrown,
    );
    expect(exitCodeOf(error)).toBe(5);
    expect(String(error)).toContain('holds "Unavailable", which Cboe answers for tickers it does not serve');
  });

  it('the NDX files of the same moment are the same chain as JSON and as CSV', async () => {
    const json = await readChainFile(`${DATA}/cboe-json/ndx_2024-03-22_from-csv.json.gz`);
    const csv = await readChainFile(`${DATA}/cboe-csv/ndx_2024-03-22.quotedata.csv.gz`);
    const { source: _, close: __, ...sameJson } = json;
    const { source: ___, ...sameCsv } = csv;
    expect(sameCsv).toEqual(sameJson);
  });

  it('open interest of SPY equals what the clearing house published, contract by contract', async () => {
    interface Published {
      readonly pull_dates: readonly string[];
      readonly by_expiration: Readonly<Record<string, { readonly rows: readonly PublishedRow[] }>>;
    }
    interface PublishedRow {
      readonly strike: number;
      readonly calls: readonly number[];
      readonly puts: readonly number[];
    }
    const path = `${DATA}/published/occ_oi_SPY_2026-08-17_and_08-19.json.gz`;
    const published: Published = JSON.parse(gunzipSync(readFileSync(path)).toString());
    const day = published.pull_dates.indexOf('19-8');
    const held = new Map<string, number | undefined>();
    for (const [label, { rows }] of Object.entries(published.by_expiration)) {
      for (const { strike, calls, puts } of rows) {
        held.set(`${label} 1 ${strike}`, calls[day]);
        held.set(`${label} -1 ${strike}`, puts[day]);
      }
    }
    const { contracts, openInterest } = await readChainFile(`${DATA}/cboe-json/spy_2026-08-19_rebuilt.json.gz`);
    let equal = 0;
    contracts.strike.forEach((strike, row) => {
      const label = contracts.expiries[contracts.expiry[row] ?? -1]?.label;
      if (openInterest[row] === held.get(`${label} ${contracts.side[row]} ${strike}`)) equal++;
    });
    expect(equal).toBe(14_160);
  });

  it('the SPXW expiry of the day holds the published open interest', async () => {
    const chain = await readChainFile(`${DATA}/cboe-json/spx_2026-08-19_rebuilt.json.gz`);
    const today = chain.openInterest.map((held, row) => {
      const { root, label } = expiryOf(chain, row);
      return root === 'SPXW' && label === newYorkDate(chain.asOfMs) ? held : 0;
    });
    expect([sum(onSide(chain, today, 1)), sum(onSide(chain, today, -1))]).toEqual([122_434, 233_847]);
  });

  it('SPX and SPXW of a third Friday are two expiries that settle at the open and at the close', async () => {
    const chain = await readChainFile(`${DATA}/cboe-json/spx_2026-07-22_rebuilt.json.gz`);
    const friday = chain.contracts.expiries.filter(({ label }) => label === '2026-08-21');
    expect(
      friday.map(({ root, settlement, expiryMs }) => [root, settlement, new Date(expiryMs).toISOString()]),
    ).toEqual([
      ['SPX', 'am', '2026-08-21T13:30:00.000Z'],
      ['SPXW', 'pm', '2026-08-21T20:00:00.000Z'],
    ]);
    expect(
      chain.contracts.expiries.filter(({ root }) => root === 'SPX').every(({ settlement }) => settlement === 'am'),
    ).toBe(true);
  });

  it('the bare file says that its time was inferred, and takes a given one', async () => {
    const path = `${DATA}/cboe-json/spy_2022-04-01_bare.json.gz`;
    const inferred = await readChainFile(path);
    expect(inferred.warnings).toEqual([expect.stringContaining('--as-of sets it')]);
    const given = await readChainFile(path, { asOfMs: Date.UTC(2022, 3, 1, 17) });
    expect(given.asOfMs).toBe(Date.UTC(2022, 3, 1, 17));
    expect(given.warnings).toEqual([]);
    expect(given.bid.every(Number.isNaN)).toBe(true);
  });

  it('current price, official close and a given number are three spots', async () => {
    const path = `${DATA}/cboe-json/aapl_2025-06-06.json.gz`;
    expect((await readChainFile(path)).spot).toBe(204.47);
    expect((await readChainFile(path, { spot: 'close' })).spot).toBe(203.92);
    expect((await readChainFile(path, { spot: 200 })).spot).toBe(200);
    const csv = `${DATA}/cboe-csv/spy_2023-09-14.quotedata.csv.gz`;
    await expect(readChainFile(csv, { spot: 'close' })).rejects.toThrow(
      'needs a positive closing price of the underlying, found none',
    );
  });
});

describe('bad files', () => {
  const cases: readonly (readonly [string, Uint8Array | string, string])[] = [
    ['an empty file', '', 'is empty; expected Cboe delayed-quotes JSON'],
    ['blanks only', ' \n\t\n', 'is empty'],
    ['an empty gzip', gzipSync(''), 'is empty'],
    [
      'a gzip cut in the middle',
      gzipSync('{"data":{"options":[]}}').subarray(0, 20),
      'its gzip data is cut or damaged',
    ],
    ['JSON cut in the middle', '{"timestamp":"2025-06-08 00:42:28","data":{"options":[{"option"', 'is not whole JSON'],
    ['a web page', '<!DOCTYPE html><html><body>Forbidden</body></html>', 'found a web page'],
    ['another text', 'hello,world\n1,2\n', 'found text that starts "hello,world'],
    [
      'another JSON',
      '{"quotes":[],"ticker":"SPY"}',
      'is JSON but no option chain: found an object with quotes, ticker',
    ],
    ['a JSON list', '[1,2,3]', 'found a list'],
    [
      'a chain of another version',
      '{"schema":"gex-chain/9"}',
      'its schema is "gex-chain/9"; this release reads gex-chain/1',
    ],
    [
      'a chain without contracts',
      '{"timestamp":"2025-06-08 00:42:28","data":{"options":[],"current_price":1}}',
      'holds no option contract; is it',
    ],
    [
      'a chain of unreadable contracts',
      '{"timestamp":"2025-06-08 00:42:28","data":{"options":[1,{"option":"x"},{}],"current_price":1}}',
      'holds no option contract (not an object 1, bad symbol 1, no symbol 1)',
    ],
    ['one line of 10 MB', `{"${'a'.repeat(10_000_000)}":1}`, 'is JSON but no option chain'],
    ['one line of 10 MB that is no JSON', 'x'.repeat(10_000_000), 'found text that starts "xxxx'],
  ];

  it.each(cases)('%s gives one sentence, exit code 5 and the name of the file', async (_, content, sentence) => {
    const path = join(folder, 'bad.json');
    writeFileSync(path, content);
    const error = await readChainFile(path).catch((thrown: unknown) => thrown);
    expect(exitCodeOf(error)).toBe(5);
    expect(String(error)).toContain(sentence);
    expect(String(error).startsWith(`GexError: ${path}: `)).toBe(true);
    expect(String(error).length).toBeLessThan(path.length + 320);
    expect(String(error)).not.toContain('\n');
  });

  it('a file that is not there, and a folder, are missing', async () => {
    await expect(readChainFile(join(folder, 'none.json'))).rejects.toMatchObject({
      kind: 'missing',
      message: expect.stringContaining('no such chain file'),
    });
    await expect(readChainFile(folder)).rejects.toMatchObject({
      kind: 'missing',
      message: expect.stringContaining('is a folder'),
    });
  });

  it('a gzip that unpacks without end is stopped', () => {
    const bomb = gzipSync(Buffer.alloc(257 * 1024 * 1024));
    expect(() => parseChain(bomb, 'bomb.gz')).toThrow('bomb.gz: unpacks to more than');
  });

  it('a file that was packed twice reads as one that was not', () => {
    const text =
      '{"schema":"gex-chain/1","underlying":"X","asOf":"2026-07-22T20:00:00Z","spot":10,"contracts":[{"right":"C","strike":10,"t":0.1}]}';
    expect(parseChain(gzipSync(gzipSync(text)), 'x')).toEqual(parseChain(Buffer.from(text), 'x'));
  });
});
