import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createChainBuilder } from '../../src/core/chain.js';
import type { ChainSnapshot } from '../../src/core/model.js';
import { readChainFile } from '../../src/feeds/file/chain.js';
import { readChainText } from '../../src/wire/chain-text.js';
import { writeGexChain } from '../../src/wire/gex-chain.js';

const FULL = {
  schema: 'gex-chain/1',
  underlying: 'SPX',
  asOf: '2026-07-22T18:00:00Z',
  spot: 7498.96,
  rate: 0.04,
  yield: 0.012,
  multiplier: 100,
  model: 'bsm',
  contracts: [
    {
      root: 'SPXW',
      right: 'C',
      strike: 7500,
      expiry: '2026-07-22',
      openInterest: 10,
      volume: 3,
      iv: 0.1,
      bid: 12,
      ask: 12.5,
    },
    { right: 'P', strike: 7500, expiry: '2026-08-21', openInterest: 4 },
    { root: 'SPXW', right: 'put', strike: 7500, expiry: '2026-08-21' },
    { root: 'SPXW', right: 'c', strike: 7512.34567, expiry: '2026-08-21T18:00:00-02:00' },
    { root: 'XYZ', right: 'call', strike: 10, t: 0.25, multiplier: 10, settlement: 'am', dealerPosition: -3 },
  ],
};
const read = (value: unknown): ChainSnapshot => readChainText(JSON.stringify(value), 'x.json');

/** What a snapshot says, without where it was read and what was said about it. */
const content = ({ source: _, rejected: __, warnings: ___, ...rest }: ChainSnapshot): unknown => rest;

describe('gex-chain/1', () => {
  it('reads dates, instants and year fractions, roots, settlements, multipliers and positions', () => {
    const chain = read(FULL);
    expect(chain).toMatchObject({
      underlying: 'SPX',
      asOfMs: Date.UTC(2026, 6, 22, 18),
      spot: 7498.96,
      rate: 0.04,
      dividendYield: 0.012,
      model: 'bsm',
    });
    const terms = [...chain.contracts.expiry].map((index) => chain.contracts.expiries[index]);
    expect(terms).toEqual([
      { label: '2026-07-22', root: 'SPXW', settlement: 'pm', expiryMs: Date.UTC(2026, 6, 22, 20) },
      { label: '2026-08-21', root: 'SPX', settlement: 'am', expiryMs: Date.UTC(2026, 7, 21, 13, 30) },
      { label: '2026-08-21', root: 'SPXW', settlement: 'pm', expiryMs: Date.UTC(2026, 7, 21, 20) },
      { label: '2026-08-21', root: 'SPXW', settlement: 'pm', expiryMs: Date.UTC(2026, 7, 21, 20) },
      { label: 't=0.25', root: 'XYZ', settlement: 'am', expiryMs: Number.NaN, years: 0.25 },
    ]);
    expect(chain.contracts.expiries).toHaveLength(4);
    expect([...chain.contracts.side]).toEqual([1, -1, -1, 1, 1]);
    expect([...chain.contracts.multiplier]).toEqual([100, 100, 100, 100, 10]);
    expect([...(chain.dealerPosition ?? [])]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN, -3]);
    expect(chain.vendor).toBeUndefined();
    expect(chain.openInterest[2]).toBeNaN();
  });

  it('takes 0 at its word: a stated iv or ask of 0 is not a sentinel here', () => {
    const chain = read({ ...FULL, contracts: [{ right: 'C', strike: 1, t: 1, iv: 0, ask: 0, last: 0 }] });
    expect([chain.iv[0], chain.ask[0], chain.last[0]]).toEqual([0, 0, 0]);
  });

  it('has defaults: bsm, a multiplier of 100, the underlying as root', () => {
    const chain = read({
      schema: 'gex-chain/1',
      underlying: 'X',
      asOf: '2026-07-22T18:00:00Z',
      spot: 1,
      contracts: [{ right: 'C', strike: 1, expiry: '2026-08-21' }],
    });
    expect(chain).toMatchObject({ model: 'bsm' });
    expect(chain.contracts.multiplier[0]).toBe(100);
    expect(chain.contracts.expiries[0]?.root).toBe('X');
    expect('rate' in chain || 'dividendYield' in chain || 'close' in chain).toBe(false);
  });

  it('rejects contracts by reason', () => {
    const good = { right: 'C', strike: 10, expiry: '2026-08-21' };
    const rows = [
      good,
      good,
      1,
      { ...good, right: 'X' },
      { ...good, expiry: '2026-02-30' },
      { ...good, expiry: '2026-08-21T20:00' },
      { right: 'C', strike: 10 },
      { ...good, expiry: '2099-01-01' },
      { ...good, strike: -1 },
      { ...good, strike: 'ten' },
      { ...good, multiplier: 0 },
    ];
    expect(read({ ...FULL, contracts: rows }).rejected).toEqual({
      duplicate: 1,
      'not an object': 1,
      'bad right': 1,
      'bad expiry': 4,
      'bad strike': 2,
      'bad multiplier': 1,
    });
  });

  it.each([
    [{ asOf: undefined }, 'its "asOf" is missing; write an instant with zone'],
    [{ asOf: '2026-07-22 18:00' }, 'its "asOf" is "2026-07-22 18:00"; write an instant with zone'],
    [{ spot: -1 }, 'needs a positive current price of the underlying, found -1'],
    [{ model: 'heston' }, 'its model is "heston"; write bsm or black76'],
    [{ underlying: undefined }, 'has no "underlying"'],
    [{ multiplier: -100 }, 'its multiplier is not a positive number'],
    [{ contracts: {} }, 'has no "contracts" list'],
    [{ schema: 'gex-chain/2' }, 'its schema is "gex-chain/2"'],
  ])('says what is wrong with %o', (change, sentence) => {
    expect(() => read({ ...FULL, ...change })).toThrow(`x.json: ${sentence}`);
  });

  it('gives every number back to the last bit', () => {
    const number = fc.oneof(fc.double({ min: 0, noNaN: false, noDefaultInfinity: true }), fc.constant(Number.NaN));
    const contract = fc.record({
      root: fc.constantFrom('SPX', 'SPXW', 'AAPL1'),
      term: fc.oneof(
        fc.constantFrom('2026-08-21', '2026-08-24', '2026-06-19').map((date) => ({ date })),
        fc.integer({ min: Date.UTC(1990, 1, 1), max: Date.UTC(2050, 11, 1) }).map((expiryMs) => ({ expiryMs })),
        fc.double({ min: -1, max: 50, noNaN: true }).map((years) => ({ years: years + 0 })),
      ),
      settlement: fc.constantFrom('am', 'pm', undefined),
      right: fc.constantFrom('C', 'P'),
      strike: fc.double({ min: Number.MIN_VALUE, max: 1e9, noNaN: true }),
      values: fc.tuple(number, number, number, number, number, number),
      multiplier: fc.constantFrom(100, 10, 99.5),
      position: fc.oneof(
        fc.double({ noNaN: true, noDefaultInfinity: true, max: -Number.MIN_VALUE }),
        fc.constant(Number.NaN),
      ),
    });
    fc.assert(
      fc.property(
        fc.array(contract, { minLength: 1, maxLength: 20 }),
        fc.double({ min: Number.MIN_VALUE, noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        (rows, spot, hasHead) => {
          const builder = createChainBuilder(rows.length);
          for (const { root, term, settlement, right, strike, values, multiplier, position } of rows) {
            const row = builder.add('', builder.expiry(root, term, settlement), right, strike);
            if (row < 0) continue;
            const { columns } = builder;
            [columns.bid, columns.ask, columns.last, columns.iv, columns.openInterest, columns.volume].forEach(
              (column, i) => {
                column[row] = values[i] ?? Number.NaN;
              },
            );
            columns.gamma[row] = values[0];
            columns.multiplier[row] = multiplier;
            columns.dealerPosition[row] = position;
          }
          const head = hasHead ? { close: spot, rate: -0.0123, dividendYield: 1e-17, model: 'black76' as const } : {};
          const chain = builder.finish({
            underlying: 'SPX',
            asOfMs: 1_784_764_800_123,
            spot,
            ...head,
            source: { kind: 'synth', name: 'x' },
          });
          expect(content(readChainText(writeGexChain(chain), 'x'))).toEqual(content(chain));
        },
      ),
      { numRuns: 300 },
    );
  });

  it.skipIf(!existsSync('../shared/data'))(
    'holds whole real chains: written and read they are the same (needs ../shared/data)',
    async () => {
      for (const file of [
        'cboe-json/ndx_2024-03-22_from-csv.json.gz',
        'cboe-csv/spx_2023-12-09_locale-ru.quotedata.csv.gz',
        'cboe-json/spy_2022-04-01_bare.json.gz',
      ]) {
        const chain = await readChainFile(`../shared/data/${file}`);
        expect(content(readChainText(writeGexChain(chain), 'x'))).toEqual(content(chain));
      }
    },
  );
});
