import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allocateGreekColumns,
  GREEK_NAMES,
  type GreekName,
  greekColumns,
  greeks,
  type PricingInput,
} from '../../src/core/blackscholes.js';
import { errorMultiple, pricingVectors, U } from '../golden/vectors.js';

const vectors = pricingVectors(new URL('../golden/pricing.csv.gz', import.meta.url));

/** Inputs as markets have them, to states where no output has underflowed. */
const market = fc.record({
  spot: fc.double({ min: 1, max: 10_000, noNaN: true }),
  moneyness: fc.double({ min: -4, max: 4, noNaN: true }),
  years: fc.double({ min: 1 / 525_600, max: 10, noNaN: true }),
  volatility: fc.double({ min: 0.01, max: 2, noNaN: true }),
  rate: fc.double({ min: -0.02, max: 0.15, noNaN: true }),
  dividendYield: fc.double({ min: -0.01, max: 0.1, noNaN: true }),
});

/** The strike lies `moneyness` standard deviations from the forward. */
const inputs = market.map(({ moneyness, ...rest }): PricingInput => {
  const { spot, years, volatility, rate, dividendYield } = rest;
  const strike = spot * Math.exp((rate - dividendYield) * years + moneyness * volatility * Math.sqrt(years));
  return { ...rest, right: 'C', strike };
});

describe('price and greeks', () => {
  it(`is within 16 u (1 + condition) of ${vectors.length} reference vectors in all 13 outputs`, () => {
    const worst = new Map<GreekName, { multiple: number; where: string }>();
    for (const vector of vectors) {
      const computed = greeks(vector, vector.model);
      for (const [name, expected] of vector.expected) {
        const multiple = errorMultiple(computed[name], expected);
        if (!(multiple <= (worst.get(name)?.multiple ?? -1))) {
          const { group, model, right } = vector;
          worst.set(name, { multiple, where: `${group} ${model} ${right}: ${computed[name]} for ${expected.digits}` });
        }
      }
    }
    // biome-ignore lint/suspicious/noConsole: the worst figures belong in the test log
    console.table(Object.fromEntries(worst));
    expect(vectors.length).toBeGreaterThanOrEqual(3000);
    expect([...worst.keys()].sort()).toEqual([...GREEK_NAMES].sort());
    for (const [name, { multiple, where }] of worst) expect(multiple, `${name}, ${where}`).toBeLessThanOrEqual(16);
  });

  it('gives the same numbers in columns as one by one', () => {
    const rows = vectors.filter((vector) => vector.model === 'bsm');
    const column = (name: 'spot' | 'strike' | 'years' | 'volatility' | 'rate' | 'dividendYield') =>
      Float64Array.from(rows, (row) => row[name]);
    const table = {
      side: Int8Array.from(rows, (row) => (row.right === 'C' ? 1 : -1)),
      spot: column('spot'),
      strike: column('strike'),
      years: column('years'),
      volatility: column('volatility'),
      rate: column('rate'),
      dividendYield: column('dividendYield'),
    };
    const out = greekColumns(table);
    rows.forEach((row, i) => {
      const single = greeks(row);
      for (const name of GREEK_NAMES) expect(out[name][i]).toBe(single[name]);
    });
  });

  it('fills only the columns asked for', () => {
    const one = (value: number) => Float64Array.of(value);
    const table = {
      side: Int8Array.of(1),
      spot: one(100),
      strike: one(95),
      years: one(0.5),
      volatility: one(0.3),
      rate: one(0.02),
      dividendYield: one(0.07),
    };
    const all = greekColumns(table, allocateGreekColumns(1), 'black76');
    const some = greekColumns(table, { gamma: one(0), rho: one(0) }, 'black76');
    expect(some).toEqual({ gamma: all.gamma, rho: all.rho });
    expect(all.rho[0]).toBe(-0.5 * (all.price[0] as number));
  });

  it('keeps put-call parity to the rounding of its terms', () => {
    fc.assert(
      fc.property(inputs, (call) => {
        const put: PricingInput = { ...call, right: 'P' };
        const spotValue = call.spot * Math.exp(-call.dividendYield * call.years);
        const strikeValue = call.strike * Math.exp(-call.rate * call.years);
        const gap = greeks(call).price - greeks(put).price - (spotValue - strikeValue);
        expect(Math.abs(gap)).toBeLessThanOrEqual(16 * U * (spotValue + strikeValue));
      }),
    );
  });

  it('gives calls and puts the same gamma, vega, vanna, vomma, speed, color, zomma and ultima', () => {
    fc.assert(
      fc.property(inputs, (call) => {
        const a = greeks(call);
        const b = greeks({ ...call, right: 'P' });
        for (const name of ['gamma', 'vega', 'vanna', 'vomma', 'speed', 'color', 'zomma', 'ultima'] as const) {
          expect(a[name]).toBe(b[name]);
        }
      }),
    );
  });

  it('raises the price with volatility, and with spot for calls', () => {
    fc.assert(
      fc.property(inputs, fc.constantFrom('C' as const, 'P' as const), (input, right) => {
        const here = { ...input, right };
        const side = right === 'C' ? 1 : -1;
        const price = greeks(here).price;
        const rounding = 4 * U * (here.spot + here.strike) * Math.exp(1);
        const more = greeks({ ...here, volatility: here.volatility * 1.01 }).price;
        const higher = greeks({ ...here, spot: here.spot * 1.001 }).price;
        expect(more - price).toBeGreaterThanOrEqual(-rounding);
        expect(side * (higher - price)).toBeGreaterThanOrEqual(-rounding);
        if (price > 1e-6 * here.spot) expect(Math.abs(higher - price)).toBeGreaterThan(0);
      }),
    );
  });

  it('agrees in every greek with the finite difference of the output it derives from', () => {
    const bumps: readonly [GreekName, GreekName, keyof PricingInput, number][] = [
      ['delta', 'price', 'spot', 1],
      ['vega', 'price', 'volatility', 1],
      ['theta', 'price', 'years', -1],
      ['rho', 'price', 'rate', 1],
      ['gamma', 'delta', 'spot', 1],
      ['vanna', 'delta', 'volatility', 1],
      ['charm', 'delta', 'years', -1],
      ['vomma', 'vega', 'volatility', 1],
      ['speed', 'gamma', 'spot', 1],
      ['color', 'gamma', 'years', -1],
      ['zomma', 'gamma', 'volatility', 1],
      ['ultima', 'vomma', 'volatility', 1],
    ];
    const base: PricingInput = {
      right: 'P',
      spot: 100,
      strike: 104,
      years: 0.7,
      volatility: 0.3,
      rate: 0.04,
      dividendYield: 0.02,
    };
    for (const [name, of, by, sign] of bumps) {
      const at = base[by] as number;
      const step = at * 1e-5;
      const slope = greeks({ ...base, [by]: at + step })[of] - greeks({ ...base, [by]: at - step })[of];
      expect((sign * slope) / (2 * step) / greeks(base)[name], name).toBeCloseTo(1, 6);
    }
  });
});

describe('the ends of the range', () => {
  const base = {
    right: 'P' as const,
    spot: 90,
    strike: 100,
    years: 0,
    volatility: 0.2,
    rate: 0.05,
    dividendYield: 0.02,
  };

  it('gives an expired put in the money its intrinsic value and a delta of -1', () => {
    expect(greeks(base)).toMatchObject({
      price: 10,
      delta: -1,
      gamma: 0,
      vega: 0,
      rho: 0,
      theta: 0.05 * 100 - 0.02 * 90,
    });
    expect(greeks({ ...base, spot: 110 })).toMatchObject({ price: 0, delta: 0, gamma: 0, theta: 0 });
  });

  it('has no gamma at expiry exactly at the strike', () => {
    const atTheStrike = greeks({ ...base, spot: 100 });
    expect(atTheStrike.price).toBe(0);
    expect(atTheStrike.delta).toBe(-0.5);
    expect(atTheStrike.gamma).toBeNaN();
    expect(atTheStrike.theta).toBeNaN();
  });

  it('discounts the intrinsic value where only the volatility is 0', () => {
    const sure = greeks({ ...base, years: 2, volatility: 0 });
    expect(sure.price).toBeCloseTo(100 * Math.exp(-0.1) - 90 * Math.exp(-0.04), 12);
    expect(greeks({ ...base, years: 2, volatility: 0 }, 'black76').rho).toBeCloseTo(-2 * 10 * Math.exp(-0.1), 12);
  });

  it('answers NaN in every output to inputs out of range', () => {
    const faults: Partial<PricingInput>[] = [
      { spot: 0 },
      { spot: -1 },
      { strike: 0 },
      { strike: Number.NaN },
      { years: -0.1 },
      { years: Number.POSITIVE_INFINITY },
      { volatility: -0.2 },
      { volatility: Number.NaN },
      { rate: Number.NaN },
      { spot: Number.POSITIVE_INFINITY },
    ];
    for (const fault of faults) {
      const answer = greeks({ ...base, years: 0.5, ...fault });
      for (const name of GREEK_NAMES) expect(answer[name], `${JSON.stringify(fault)} ${name}`).toBeNaN();
    }
  });
});
