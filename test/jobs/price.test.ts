import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { greeks } from '../../src/core/blackscholes.js';
import { impliedVolatility } from '../../src/core/impliedvol.js';
import { readPricingRows } from '../../src/feeds/file/pricing.js';
import { type Ctx, systemClock } from '../../src/io/ctx.js';
import { type PricedRow, type PriceOptions, type PriceReport, priceRows } from '../../src/jobs/price.js';

const silent = (): void => {};
const ctx: Ctx = {
  log: { debug: silent, info: silent, warn: silent, error: silent },
  clock: systemClock,
  signal: new AbortController().signal,
  progress: { start: () => ({ advance: silent, done: silent }) },
};

const OPTIONS: PriceOptions = { model: 'bsm', rate: 0, dividendYield: 0 };
/** A day and a half before this expiry. */
const AS_OF = Date.UTC(2026, 7, 18, 8);

async function price(
  input: string | Uint8Array,
  options: Partial<PriceOptions> = {},
): Promise<PriceReport & { priced: PricedRow[] }> {
  const priced: PricedRow[] = [];
  const report = await priceRows(
    { ...OPTIONS, ...options },
    {
      rows: readPricingRows(Readable.from([Buffer.from(input)]), 'input'),
      instantOf: (text) => ({ '2026-08-19': AS_OF + 1.5 * 86_400_000 })[text],
      write: async (batch) => {
        priced.push(...batch);
      },
    },
    ctx,
  );
  return { ...report, priced };
}

const HEAD = 'id,type,spot,strike,t,rate,yield,vol,price\n';

describe('pricing rows', () => {
  it('gives price and greeks from a vol, and iv, status, bound and greeks at it from a price', async () => {
    const { priced, failed } = await price(
      `${HEAD}a,C,100,105,0.25,0.04,0.01,0.2,\nb,put,100,105,0.25,0.04,0.01,,7.5\n`,
    );
    const option = { spot: 100, strike: 105, years: 0.25, rate: 0.04, dividendYield: 0.01 };
    const solved = impliedVolatility({ ...option, right: 'P', price: 7.5 });
    expect(failed).toBe(0);
    expect(priced[0]).toMatchObject({ id: 'a', line: 2, status: 'ok', iv: Number.NaN, ivStatus: undefined });
    expect(priced[0]?.greeks).toEqual(greeks({ ...option, right: 'C', volatility: 0.2 }));
    expect(priced[1]).toMatchObject({ iv: solved.volatility, ivStatus: 'ok', ivErrorBound: solved.errorBound });
    expect(priced[1]?.greeks).toEqual({
      ...greeks({ ...option, right: 'P', volatility: solved.volatility }),
      price: 7.5,
    });
  });

  it('reads JSONL, and both packed with gzip, as it reads CSV', async () => {
    const csv = `${HEAD}7,c,100,95,1,,,0.3,\n8,P,100,95,1,0.05,,,1.25\n`;
    const jsonl =
      '{"id":"7","type":"c","spot":100,"strike":"95","t":1,"vol":0.3,"price":null}\r\n\n{"id":"8","type":"P","spot":100,"strike":95,"t":1,"rate":0.05,"price":1.25}';
    const lineless = ({ priced }: { priced: PricedRow[] }) => priced.map((row) => ({ ...row, line: 0 }));
    const expected = lineless(await price(csv));
    expect(lineless(await price(jsonl))).toEqual(expected);
    expect(lineless(await price(gzipSync(csv)))).toEqual(expected);
    expect(lineless(await price(gzipSync(jsonl)))).toEqual(expected);
    expect((await price(jsonl)).priced.map(({ line }) => line)).toEqual([1, 3]);
  });

  it('takes spreadsheets: byte order mark, CRLF, quotes, blanks, capitals, any order of columns', async () => {
    const { priced } = await price('\ufeffVol, Type ,Strike,Spot,T,ID\r\n"0.2", CALL ,95,100,.5,"a, ""b"""\r\n\r\n');
    expect(priced[0]).toMatchObject({ id: 'a, "b"', status: 'ok', volatility: 0.2, years: 0.5, line: 2 });
  });

  it('gives a bad row its reason and line, and does the others', async () => {
    const faulty: [string, string][] = [
      ['x,100,95,1,,,0.2,', 'type: found "x", give c, p, call or put'],
      [',100,95,1,,,0.2,', 'no type'],
      ['c,-1,95,1,,,0.2,', 'spot: found "-1", give a number above 0'],
      ['c,,95,1,,,0.2,', 'no spot'],
      ['c,100,NaN,1,,,0.2,', 'strike: found "NaN", give a number above 0'],
      ['c,100,0x10,1,,,0.2,', 'strike: found "0x10", give a number above 0'],
      ['c,100,95,,,,0.2,', 'no t or expiry'],
      ['c,100,95,1,5%,,0.2,', 'rate: found "5%", give a decimal number'],
      ['c,100,95,1,,,-0.2,', 'vol: found "-0.2", give a number from 0'],
      ['c,100,95,1,,,1e999,', 'vol: found "1e999", give a number from 0'],
      ['c,100,95,1,,,,', 'no vol or price'],
      ['c,100,95,1,,,0.2,3', 'both vol and price, give one of them'],
      ['c,100,95,1,,,0.2', '8 cells where the header has 9'],
      ['c,1.000,95,1,,,0.2,,9', '10 cells where the header has 9'],
    ];
    const good = 'ok,c,100,95,1,,,0.2,';
    const text = faulty.map(([row]) => `bad,${row}\n${good}\n`).join('');
    const { priced, rows, failed, failures } = await price(HEAD + text, { rate: 0.5 });
    expect([rows, failed]).toEqual([28, 14]);
    expect(priced.filter((_, i) => i % 2 === 0).map(({ status, message }) => [status, message])).toEqual(
      faulty.map(([, message]) => ['error', message]),
    );
    expect(priced.filter((_, i) => i % 2 === 1).every(({ status, rate }) => status === 'ok' && rate === 0.5)).toBe(
      true,
    );
    expect(failures[1]).toBe('line 4: no type');
  });

  it('keeps order and count over many batches, and lists only the first failures', async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `${i},c,100,95,1,,,${i % 5 === 4 ? 'x' : 0.2},\n`);
    const { priced, failed, failures } = await price(HEAD + lines.join(''));
    expect(priced.map(({ id }) => Number(id))).toEqual(lines.map((_, i) => i));
    expect(priced.map(({ line }) => line)).toEqual(lines.map((_, i) => i + 2));
    expect([failed, failures.length]).toEqual([1000, 20]);
  });

  it('prices on a forward with black76, whatever the yield says', async () => {
    const { priced } = await price('type,forward,strike,t,rate,yield,vol\np,100,95,0.5,0.03,0.9,0.4\n', {
      model: 'black76',
    });
    const option = { right: 'P' as const, spot: 100, strike: 95, years: 0.5, volatility: 0.4, rate: 0.03 };
    expect(priced[0]?.greeks).toEqual(greeks({ ...option, dividendYield: 0 }, 'black76'));
    const { priced: both } = await price('type,spot,forward,strike,t,vol\np,1,100,95,0.5,1\n', { model: 'black76' });
    expect(both[0]?.message).toBe('both spot and forward, give one of them');
    const { priced: spotModel } = await price('type,forward,strike,t,vol\np,100,95,0.5,1\n');
    expect(spotModel[0]?.message).toBe('forward: needs --model black76');
  });

  it('counts years from the given moment to an expiry, and marks what is expired', async () => {
    const head = 'type,spot,strike,expiry,t,vol,price\n';
    const rows = [
      'c,100,95,2026-08-19,,0.2,',
      'c,100,95,,0,0.2,',
      'c,100,95,,-1,,7',
      'c,1,2,soon,,1,',
      'c,1,2,2026-08-19,1,1,',
    ];
    const { priced } = await price(head + rows.join('\n'), { asOfMs: AS_OF });
    expect(priced[0]?.years).toBe(1.5 / 365);
    expect(priced[1]).toMatchObject({ status: 'expired', greeks: { price: 5, delta: 1 } });
    expect(priced[2]).toMatchObject({
      status: 'expired',
      ivStatus: 'expired',
      greeks: { price: 7, delta: Number.NaN },
    });
    expect(priced[3]?.message).toMatch(/^expiry: found "soon", give a date/);
    expect(priced[4]?.message).toBe('both t and expiry, give one of them');
    await expect(price(head + rows[0])).rejects.toMatchObject({
      kind: 'usage',
      message: 'line 2 gives an expiry instead of t; add --as-of and the moment to price at',
    });
  });

  it('states why a price has no implied volatility, which is no fault of the row', async () => {
    const { priced, failed } = await price(`${HEAD},c,100,90,1,,,,9\n,c,100,90,1,,,,100\n,p,100,90,1,,,,0\n`);
    expect(priced.map(({ status, ivStatus, iv }) => [status, ivStatus, iv])).toEqual([
      ['ok', 'below-intrinsic', Number.NaN],
      ['ok', 'above-maximum', Number.NaN],
      ['ok', 'at-intrinsic', 0],
    ]);
    expect(failed).toBe(0);
  });
});

describe('a file that is no list of options', () => {
  it.each([
    ['', 'input is empty; give CSV with a header or JSONL'],
    ['  \n \n', 'input is empty; give CSV with a header or JSONL'],
    ['[{"type":"c"}]', "input is a JSON array; give one object per line (jq -c '.[]' does it)"],
    [
      'type,spot\n',
      'input: no column strike, no column t or expiry, no column vol or price; the header takes id, type, spot, forward, strike, t, expiry, rate, yield, vol, price',
    ],
    [
      'type,spot,strike,t,vol,delta,vol\n',
      'input: unknown column "delta", column "vol" twice; the header takes id, type, spot, forward, strike, t, expiry, rate, yield, vol, price',
    ],
  ])('%j ends in one sentence', async (text, message) => {
    await expect(price(text)).rejects.toMatchObject({ kind: 'data', message });
  });

  it('is what a first line of broken JSON says; later it is a bad row', async () => {
    const good = '{"type":"c","spot":100,"strike":95,"t":1,"vol":0.2}';
    await expect(price(`{"type":\n${good}`)).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringMatching(/^input, line 1: not JSON \(/),
    });
    const { priced, failed } = await price(`${good}\n{"type":\n7\n{"type":"c","spot":true,"vola":1}\n${good}`);
    expect(failed).toBe(3);
    expect(priced.map(({ message }) => message?.replace(/\(.*\)/, '(...)'))).toEqual([
      undefined,
      'not JSON (...)',
      'not a JSON object',
      expect.stringMatching(/^spot: found true, unknown field "vola"/),
      undefined,
    ]);
  });

  it('is a quote that stays open, a line of 10 MB, and gzip that is cut', async () => {
    const row = 'a,c,100,95,1,,,0.2,\n';
    const open = `${HEAD}${row}"b,c,100,95,1,,,0.2,\n${row}`;
    await expect(price(open)).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringMatching(/quote left open/),
    });
    for (const long of [`${HEAD}${'9'.repeat(1e7)},c\n`, `{"id":"${'9'.repeat(1e7)}"}\n`])
      await expect(price(long)).rejects.toMatchObject({
        kind: 'data',
        message: expect.stringMatching(/^input, line \d: longer than 1000000 bytes/),
      });
    const packed = gzipSync(HEAD + row.repeat(100));
    await expect(price(packed.subarray(0, packed.length - 20))).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringMatching(/^input: its gzip data is cut or damaged/),
    });
  });
});
