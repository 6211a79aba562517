import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxPains } from '../../src/core/maxpain.js';
import type { Right } from '../../src/core/model.js';
import { chainOf } from '../helpers/chains.js';

const row = (right: Right, strike: number, openInterest?: number, t = 0.1) => ({
  right,
  strike,
  t,
  ...(openInterest === undefined ? {} : { openInterest }),
});

describe('max pain', () => {
  it('is the strike at which holders are paid least', () => {
    const chain = chainOf({ spot: 100 }, [row('C', 90, 10), row('C', 100, 30), row('P', 100, 20), row('P', 110, 5)]);
    expect(maxPains(chain)).toEqual([{ expiry: 0, strike: 100, ties: [100] }]);
  });

  it('takes the lowest strike of a tie and reports the others', () => {
    const chain = chainOf({ spot: 100 }, [row('C', 90, 10), row('C', 95, 0), row('P', 100, 10)]);
    expect(maxPains(chain)).toEqual([{ expiry: 0, strike: 90, ties: [90, 95, 100] }]);
  });

  it('does not exist where open interest is unknown or nothing', () => {
    const chain = chainOf({ spot: 100 }, [row('C', 90), row('P', 100, 0)]);
    expect(maxPains(chain)).toEqual([{ expiry: 0, strike: Number.NaN, ties: [] }]);
  });

  it('is judged expiry by expiry', () => {
    const chain = chainOf({ spot: 100 }, [row('C', 90, 1, 0.1), row('P', 120, 1, 0.1), row('P', 80, 4, 0.2)]);
    expect(maxPains(chain).map((pain) => pain.ties)).toEqual([[90, 120], [80]]);
  });

  it('agrees with paying out every strike', () => {
    const interest = fc.record({
      right: fc.constantFrom<Right>('C', 'P'),
      strike: fc.integer({ min: 1, max: 40 }),
      openInterest: fc.integer({ min: 0, max: 50 }),
    });
    fc.assert(
      fc.property(fc.uniqueArray(interest, { minLength: 1, selector: (c) => `${c.right}${c.strike}` }), (contracts) => {
        const payout = (at: number) =>
          contracts.reduce((sum, { right, strike, openInterest }) => {
            return sum + openInterest * Math.max(0, right === 'C' ? at - strike : strike - at);
          }, 0);
        const strikes = [...new Set(contracts.map((c) => c.strike))].sort((a, b) => a - b);
        const least = Math.min(...strikes.map(payout));
        const expected = contracts.some((c) => c.openInterest > 0) ? strikes.filter((k) => payout(k) === least) : [];
        const chain = chainOf(
          { spot: 20 },
          contracts.map((c) => ({ ...c, t: 0.1 })),
        );
        expect(maxPains(chain)[0]?.ties).toEqual(expected);
      }),
    );
  });
});
