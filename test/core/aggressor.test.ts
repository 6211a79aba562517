import { describe, expect, it } from 'vitest';
import { aggressor } from '../../src/core/aggressor.js';

const QUOTE = { bid: 3, ask: 3.1, previousPrice: Number.NaN } as const;

describe('aggressor', () => {
  it.each([
    [3.1, 1],
    [3.06, 1],
    [3.2, 1],
    [3.0, -1],
    [3.04, -1],
    [2.9, -1],
    [3.05, 0],
    [0, 0],
    [Number.NaN, 0],
  ])('a trade at %d against 3.00 to 3.10 has side %i', (price, side) => expect(aggressor(price, QUOTE)).toBe(side));

  it('asks the trade before at the midpoint', () => {
    expect(aggressor(3.05, { ...QUOTE, previousPrice: 3 })).toBe(1);
    expect(aggressor(3.05, { ...QUOTE, previousPrice: 3.1 })).toBe(-1);
  });

  it.each([
    { bid: Number.NaN, ask: 3.1 },
    { bid: 3, ask: 0 },
    { bid: 3.2, ask: 3.1 },
  ])('asks the trade before without a usable quote: %o', (quote) => {
    expect(aggressor(3.1, { ...QUOTE, ...quote, previousPrice: 3 })).toBe(1);
    expect(aggressor(3.1, { ...QUOTE, ...quote })).toBe(0);
  });
});
