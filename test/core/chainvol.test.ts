import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { greeks } from '../../src/core/blackscholes.js';
import { priceBook } from '../../src/core/chainvol.js';
import { DEFAULT_RATE } from '../../src/core/convention.js';
import { EXCLUSIONS } from '../../src/core/quotes.js';
import { type ContractRow, chainOf } from '../helpers/chains.js';

const ASOF = Date.parse('2026-08-19T16:00:00Z');
const MARKET = { spot: 100, years: 0.25, rate: DEFAULT_RATE, dividendYield: 0.015 };
const SMILE = (strike: number) => 0.2 + 0.002 * (100 - strike);

/** Quotes of a penny's width around model prices. */
function quoted(right: 'C' | 'P', strike: number, volatility = SMILE(strike)): ContractRow {
  const { price } = greeks({ ...MARKET, right, strike, volatility });
  return { right, strike, t: MARKET.years, openInterest: 1, bid: price - 0.005, ask: price + 0.005 };
}

const STRIKES = [80, 90, 95, 100, 105, 110, 120];
const BOTH = STRIKES.flatMap((strike) => [quoted('C', strike), quoted('P', strike)]);
const reasons = (book: ReturnType<typeof priceBook>) => [...book.exclusion].map((code) => EXCLUSIONS[code]);

describe('forwards', () => {
  it('are implied by put-call parity when nobody states a yield', () => {
    const book = priceBook(chainOf({ spot: 100, asOfMs: ASOF }, BOTH));
    expect(book.forward[0]).toBeCloseTo(100 * Math.exp((MARKET.rate - MARKET.dividendYield) * MARKET.years), 9);
    expect(book.dividendYield[0]).toBeCloseTo(MARKET.dividendYield, 9);
    expect(book.convention).toMatchObject({ forward: 'implied', rate: DEFAULT_RATE, rateOrigin: 'default' });
    expect(book.warnings).toEqual([]);
  });

  it('are the median of the strikes nearest to spot, so that one bad quote does not count', () => {
    const rows = BOTH.map((row) => (row.strike === 100 && row.right === 'C' ? { ...row, bid: 9, ask: 9.1 } : row));
    const book = priceBook(chainOf({ spot: 100, asOfMs: ASOF }, rows));
    expect(book.dividendYield[0]).toBeCloseTo(MARKET.dividendYield, 9);
  });

  it('are carried by the chain or the caller who states a yield', () => {
    const stated = priceBook(chainOf({ spot: 100, asOfMs: ASOF, rate: 0.05, dividendYield: 0.01 }, BOTH));
    expect(stated.convention).toMatchObject({ forward: 'carry', dividendYieldOrigin: 'chain', rateOrigin: 'chain' });
    expect(stated.dividendYield[0]).toBe(0.01);
    const option = priceBook(chainOf({ spot: 100, asOfMs: ASOF }, BOTH), { dividendYield: 0.03, rate: 0.02 });
    expect(option.convention).toMatchObject({ forward: 'carry', dividendYieldOrigin: 'option', rate: 0.02 });
  });

  it('fall back to yield 0 without pairs of quotes, and say so', () => {
    const calls = priceBook(chainOf({ spot: 100, asOfMs: ASOF }, [quoted('C', 100), quoted('C', 105)]));
    expect(calls.convention).toMatchObject({ forward: 'carry', dividendYield: 0, dividendYieldOrigin: 'default' });
    expect(calls.warnings.join()).toContain('no quotes to imply forwards from');
    const other = [quoted('C', 100), quoted('C', 105)].map((row) => ({ ...row, t: 0.5 }));
    const mixed = priceBook(chainOf({ spot: 100, asOfMs: ASOF }, [...BOTH, ...other]));
    expect(mixed.convention.forward).toBe('implied');
    expect(mixed.warnings.join()).toContain('1 of 2 expiries');
  });

  it('of a chain of futures options are the spot itself', () => {
    const head = { spot: 100, asOfMs: ASOF, model: 'black76', rate: 0.05 } as const;
    const book = priceBook(chainOf(head, BOTH));
    expect(book.forward[0]).toBe(100);
    expect(book.convention).toMatchObject({ dividendYieldOrigin: 'model', forward: 'carry' });
  });
});

describe('volatilities', () => {
  it('come from the middle of the quote out of the money, and so does the partner in the money', () => {
    const rows = BOTH.map((row) => (row.right === 'C' && row.strike < 100 ? { ...row, bid: 50, ask: 51 } : row));
    const book = priceBook(chainOf({ spot: 100, asOfMs: ASOF, rate: MARKET.rate, dividendYield: 0.015 }, rows));
    rows.forEach(({ strike }, row) => {
      expect(book.volatility[row]).toBeCloseTo(SMILE(strike), 9);
    });
  });

  it('in the money come from their own middle when the partner has no usable quote', () => {
    const rows = [quoted('C', 90, 0.33), { ...quoted('P', 90), bid: 0 }];
    const book = priceBook(chainOf({ spot: 100, asOfMs: ASOF, rate: MARKET.rate, dividendYield: 0.015 }, rows));
    expect(book.volatility[0]).toBeCloseTo(0.33, 9);
    expect(reasons(book)).toEqual(['priced', 'no-quote']);
  });

  it('are not borrowed across expiries or roots', () => {
    const rows = [quoted('C', 110, 0.2), { ...quoted('P', 110, 0.4), root: 'OTHER' }];
    const book = priceBook(chainOf({ spot: 100, asOfMs: ASOF, rate: MARKET.rate, dividendYield: 0.015 }, rows));
    expect(book.volatility[1]).toBeCloseTo(0.4, 9);
  });

  it('are absent for a reason', () => {
    const base: ContractRow = { right: 'C', strike: 110, t: 0.25, openInterest: 1, bid: 1, ask: 1.1 };
    const rows: ContractRow[] = [
      base,
      { ...base, strike: 111, bid: 0 },
      { ...base, strike: 112, ask: Number.NaN },
      { ...base, strike: 113, bid: 2, ask: 1 },
      { ...base, strike: 114, bid: 1, ask: 1.7 },
      { ...base, strike: 115, t: 0 },
      { ...base, strike: 116, t: -0.1 },
      { ...base, strike: 117, bid: 120, ask: 121 },
      { ...base, strike: 60, bid: 30, ask: 30.1 },
      { ...base, strike: 118, t: 1e-9, bid: 1e-300, ask: 1e-300 },
    ];
    const book = priceBook(chainOf({ spot: 100, asOfMs: ASOF, rate: 0, dividendYield: 0 }, rows));
    expect(reasons(book).slice(0, 9)).toEqual([
      'priced',
      'no-quote',
      'no-quote',
      'crossed-quote',
      'wide-quote',
      'expired',
      'expired',
      'above-maximum',
      'below-intrinsic',
    ]);
    expect([...book.volatility].map((value) => value > 0)).toEqual(reasons(book).map((reason) => reason === 'priced'));
  });

  it('of the chain itself are taken as they are, without a look at the quotes', () => {
    const base: ContractRow = { right: 'C', strike: 110, t: 0.25, openInterest: 1, bid: 2, ask: 1, iv: 0.31 };
    const rows = [base, { ...base, strike: 111, iv: 0 }, { ...base, strike: 112, iv: Number.NaN }];
    const book = priceBook(chainOf({ spot: 100, asOfMs: ASOF, rate: 0, dividendYield: 0 }, rows), { iv: 'chain' });
    expect(book.volatility[0]).toBe(0.31);
    expect(reasons(book)).toEqual(['priced', 'no-iv', 'no-iv']);
  });

  it('do not depend on the order of the contracts', () => {
    const order = fc.shuffledSubarray(BOTH, { minLength: BOTH.length });
    const inOrder = priceBook(chainOf({ spot: 100, asOfMs: ASOF }, BOTH));
    fc.assert(
      fc.property(order, (rows) => {
        const book = priceBook(chainOf({ spot: 100, asOfMs: ASOF }, rows));
        rows.forEach((row, i) => {
          expect(book.volatility[i]).toBe(inOrder.volatility[BOTH.indexOf(row)]);
        });
      }),
      { numRuns: 20 },
    );
  });
});

describe('time to expiry', () => {
  const at = (asOf: string, expiry: string, root: string, clock: 'act365' | 'act365-min30m' | 'business252') => {
    const chain = chainOf({ spot: 100, asOfMs: Date.parse(asOf) }, [{ root, right: 'C', strike: 1, expiry }]);
    return priceBook(chain, { clock }).years[0];
  };
  const YEAR_MS = 365 * 86_400_000;

  it('is counted in seconds to the settlement of the root', () => {
    const asOf = '2026-06-17T16:00:00Z';
    // June 2026: the third Friday is a holiday, the monthly settles on Thursday morning.
    const am = (Date.parse('2026-06-18T13:30:00Z') - Date.parse(asOf)) / YEAR_MS;
    const pm = (Date.parse('2026-06-18T20:00:00Z') - Date.parse(asOf)) / YEAR_MS;
    expect(at(asOf, '2026-06-18', 'SPX', 'act365')).toBe(am);
    expect(at(asOf, '2026-06-18', 'SPXW', 'act365')).toBe(pm);
  });

  it('counts the hours of a weekend in which the clocks change', () => {
    const days = at('2026-03-06T21:00:00Z', '2026-03-09', 'SPXW', 'act365');
    expect((days ?? 0) * 365 * 24).toBeCloseTo(71, 9);
  });

  it('has a floor in the zerogex clock only until it is over', () => {
    expect(at('2026-08-19T19:59:00Z', '2026-08-19', 'SPY', 'act365-min30m')).toBe(30 / (365 * 24 * 60));
    expect(at('2026-08-19T20:00:00Z', '2026-08-19', 'SPY', 'act365-min30m')).toBe(0);
  });

  it('is at least one business day in the perfiliev clock, negative only after the date', () => {
    expect(at('2026-08-19T21:00:00Z', '2026-08-19', 'SPY', 'business252')).toBe(1 / 252);
    expect(at('2026-08-19T21:00:00Z', '2026-08-24', 'SPY', 'business252')).toBe(3 / 252);
    expect(at('2026-08-20T12:00:00Z', '2026-08-19', 'SPY', 'business252')).toBe(-1 / 252);
  });
});
