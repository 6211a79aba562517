import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { greeks } from '../../src/core/blackscholes.js';
import {
  type ImpliedVolatilityInput,
  IV_STATUSES,
  impliedVolatility,
  impliedVolatilityColumns,
} from '../../src/core/impliedvol.js';
import { errorMultiple, impliedVolatilityVectors, U } from '../golden/vectors.js';

const vectors = impliedVolatilityVectors(new URL('../golden/impliedvol.csv.gz', import.meta.url));

describe('implied volatility', () => {
  /** Guess = true volatility times this; NaN is a cold start. */
  const guesses = [Number.NaN, 1, 1.02, 0.5, 3, 1e-3, 1e3, 1e-9, 1e9, 0, -1, Number.POSITIVE_INFINITY];

  it(`is within 4 backward bounds of ${vectors.length} reference vectors, whatever the guess`, () => {
    expect(vectors.length).toBeGreaterThan(1800);
    const worst: Record<string, { multiple: number; where: string }> = {};
    for (const vector of vectors) {
      for (const guess of guesses) {
        const answer = impliedVolatility({ ...vector, guess: Number(vector.digits) * guess }, vector.model);
        const where = `${JSON.stringify({ ...vector, guess })} gave ${JSON.stringify(answer)}`;
        expect(answer.status, where).toBe('ok');
        const multiple = (errorMultiple(answer.volatility, { digits: vector.digits, condition: 0 }) * U) / vector.bound;
        const key = `${vector.group}${guess > 0 ? ' warm' : ' cold'}`;
        if (!(multiple <= (worst[key]?.multiple ?? -1))) worst[key] = { multiple, where };
      }
    }
    // biome-ignore lint/suspicious/noConsole: the worst figures belong in the test log
    console.table(Object.fromEntries(Object.entries(worst).map(([group, { multiple }]) => [group, multiple])));
    for (const { multiple, where } of Object.values(worst)) expect(multiple, where).toBeLessThanOrEqual(4);
  });

  it('states the backward bound it is held to', () => {
    for (const vector of vectors) {
      // Where the bound is large the volatility itself moves it.
      if (vector.bound > 1e-6) continue;
      const { errorBound } = impliedVolatility(vector, vector.model);
      expect(errorBound / vector.bound).toBeGreaterThan(0.99);
      expect(errorBound / vector.bound).toBeLessThan(1.02);
    }
  });

  it('gives the same answers in columns, with and without guesses', () => {
    const rows = vectors.filter((vector) => vector.model === 'black76');
    const column = (name: 'price' | 'spot' | 'strike' | 'years' | 'rate') =>
      Float64Array.from(rows, (row) => row[name]);
    const table = {
      side: Int8Array.from(rows, (row) => (row.right === 'C' ? 1 : -1)),
      price: column('price'),
      spot: column('spot'),
      strike: column('strike'),
      years: column('years'),
      rate: column('rate'),
      dividendYield: new Float64Array(rows.length),
      guess: Float64Array.from(rows, (_, i) => (i % 2 === 0 ? Number.NaN : 0.3)),
    };
    const out = impliedVolatilityColumns(table, undefined, 'black76');
    rows.forEach((row, i) => {
      const single = impliedVolatility({ ...row, guess: table.guess[i] as number }, 'black76');
      expect(out.volatility[i]).toBe(single.volatility);
      expect(IV_STATUSES[out.status[i] as number]).toBe(single.status);
      expect(out.errorBound[i]).toBe(single.errorBound);
    });
  });

  it('recovers the volatility a price was made with, to the rounding of that price', () => {
    const market = fc.record({
      right: fc.constantFrom('C' as const, 'P' as const),
      spot: fc.double({ min: 1, max: 10_000, noNaN: true }),
      moneyness: fc.double({ min: -6, max: 6, noNaN: true }),
      years: fc.double({ min: 1 / 525_600, max: 10, noNaN: true }),
      volatility: fc.double({ min: 0.01, max: 4, noNaN: true }),
      rate: fc.double({ min: -0.02, max: 0.15, noNaN: true }),
      dividendYield: fc.double({ min: -0.01, max: 0.1, noNaN: true }),
      guess: fc.option(fc.double({ min: 1e-3, max: 50, noNaN: true }), { nil: Number.NaN }),
    });
    fc.assert(
      fc.property(market, ({ moneyness, guess, ...rest }) => {
        const { spot, years, volatility, rate, dividendYield } = rest;
        const strike = spot * Math.exp((rate - dividendYield) * years + moneyness * volatility * Math.sqrt(years));
        fc.pre(strike > 1e-3 * spot && strike < 1e3 * spot);
        const input = { ...rest, strike };
        const price = greeks(input).price;
        const answer = impliedVolatility({ ...input, price, guess });
        // Deep in the money the whole time value can be lost to rounding; then the answer says so.
        if (answer.status !== 'ok') {
          const intrinsic = Math.abs(spot * Math.exp(-dividendYield * years) - strike * Math.exp(-rate * years));
          const bound = ['at-intrinsic', 'below-intrinsic'].includes(answer.status) ? intrinsic : Number.NaN;
          const top = input.right === 'C' ? spot * Math.exp(-dividendYield * years) : strike * Math.exp(-rate * years);
          const edge = answer.status === 'above-maximum' ? top : bound;
          expect(Math.abs(price - edge)).toBeLessThanOrEqual(16 * U * (spot + strike) * Math.exp(0.2 * years));
          return;
        }
        if (answer.errorBound > 1e-3) return;
        // The price is itself up to 6 of its own bounds off.
        expect(Math.abs(answer.volatility - volatility)).toBeLessThanOrEqual(12 * answer.errorBound * volatility);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the status of a price without volatility', () => {
  const call: ImpliedVolatilityInput = {
    right: 'C',
    price: 5,
    spot: 110,
    strike: 100,
    years: 0.5,
    rate: 0.04,
    dividendYield: 0.01,
  };
  const intrinsic = 110 * Math.exp(-0.005) - 100 * Math.exp(-0.02);
  const none = { volatility: Number.NaN, errorBound: Number.NaN };

  it('is below-intrinsic under the discounted intrinsic value and for negative prices', () => {
    expect(impliedVolatility({ ...call, price: intrinsic * (1 - 1e-12) })).toEqual({
      ...none,
      status: 'below-intrinsic',
    });
    expect(impliedVolatility({ ...call, right: 'P', price: -0.01 })).toEqual({ ...none, status: 'below-intrinsic' });
  });

  it('is at-intrinsic with volatility 0 without time value, which a price of 0 out of the money is too', () => {
    const zero = { volatility: 0, status: 'at-intrinsic', errorBound: Number.NaN };
    expect(impliedVolatility({ ...call, price: intrinsic })).toEqual(zero);
    expect(impliedVolatility({ ...call, right: 'P', price: 0 })).toEqual(zero);
    expect(impliedVolatility({ ...call, rate: 0, dividendYield: 0, price: 10 })).toEqual(zero);
    expect(impliedVolatility({ ...call, price: 10 * Math.exp(-0.02) }, 'black76')).toEqual(zero);
  });

  it('is ok one unit in the last place above the intrinsic value', () => {
    const price = 10 + 2 ** -49;
    const answer = impliedVolatility({ ...call, rate: 0, dividendYield: 0, price });
    expect(answer.status).toBe('ok');
    expect(answer.volatility).toBeGreaterThan(0);
  });

  it('is above-maximum from the discounted spot of a call and the discounted strike of a put', () => {
    const put = { ...call, right: 'P' as const };
    expect(impliedVolatility({ ...call, price: 110 })).toEqual({ ...none, status: 'above-maximum' });
    expect(impliedVolatility({ ...call, price: Number.POSITIVE_INFINITY }).status).toBe('above-maximum');
    expect(impliedVolatility({ ...put, price: 98.1 })).toEqual({ ...none, status: 'above-maximum' });
    expect(impliedVolatility({ ...put, price: 98 }).status).toBe('ok');
  });

  it('is expired without time left', () => {
    expect(impliedVolatility({ ...call, years: 0 })).toEqual({ ...none, status: 'expired' });
    expect(impliedVolatility({ ...call, years: -1 })).toEqual({ ...none, status: 'expired' });
  });

  it('is underflow, not 0, where a minute from expiry no volatility of a market gives a price above 0', () => {
    const far = { ...call, right: 'P' as const, strike: 80, years: 1 / 525_600, price: 0 };
    expect(impliedVolatility(far)).toEqual({ ...none, status: 'underflow' });
  });

  it('is no-quote where the price or the market is unknown', () => {
    for (const fault of [
      { price: Number.NaN },
      { spot: Number.NaN },
      { strike: 0 },
      { rate: Number.NaN },
      { spot: -5 },
    ]) {
      expect(impliedVolatility({ ...call, ...fault })).toEqual({ ...none, status: 'no-quote' });
    }
  });
});
