import fc from 'fast-check';
import { expect, it } from 'vitest';
import { expWithin, logRatio, powerOfTwo, productError } from '../../src/core/elementary.js';

const U = 2 ** -53;
function near(value: number, expected: number, roundings: number): void {
  expect(Math.abs(value - expected)).toBeLessThanOrEqual(roundings * U * Math.abs(expected));
}

it('exp is that of the runtime to a few roundings', () => {
  fc.assert(
    fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => near(expWithin(x), Math.exp(x), 5)),
    { numRuns: 5000 },
  );
  expect(expWithin(0)).toBe(1);
});

it('ln of a ratio keeps its digits however close the two are, and far apart', () => {
  const positive = fc.double({ min: 1e-3, max: 1e4, noNaN: true });
  fc.assert(
    fc.property(
      positive,
      fc.double({ min: -0.15, max: 0.15, noNaN: true }),
      fc.integer({ min: 0, max: 15 }),
      (a, f, k) => {
        const b = a * (1 + f * 10 ** -k);
        near(logRatio(a, b), Math.log1p((a - b) / b), 8);
      },
    ),
    { numRuns: 5000 },
  );
  fc.assert(
    fc.property(positive, fc.double({ min: 1.5, max: 1e4, noNaN: true }), (a, ratio) => {
      near(logRatio(a, a * ratio), Math.log(a / (a * ratio)), 0);
    }),
  );
  expect(logRatio(3, 3)).toBe(0);
  // ln(1.25), ln(0.75): published constants
  near(logRatio(5, 4), 0.22314355131420976, 3);
  near(logRatio(3, 4), -0.2876820724517809, 3);
});

it('the error of a product is what the double lost', () => {
  const whole = fc.integer({ min: -(2 ** 30), max: 2 ** 30 });
  fc.assert(
    fc.property(whole, whole, whole, whole, (a, b, c, d) => {
      const x = a * 2 ** 22 + (b % 2 ** 21);
      const y = c * 2 ** 22 + (d % 2 ** 21);
      expect(BigInt(x * y) + BigInt(productError(x, y))).toBe(BigInt(x) * BigInt(y));
    }),
  );
});

it('powers of two are exact over the whole range', () => {
  for (let k = -1022; k <= 1023; k++) {
    expect(Math.log2(powerOfTwo(k))).toBe(k);
    expect(powerOfTwo(k) * (k < 1 ? 2 ** -k / 2 : 0.5)).toBe(k < 1 ? 0.5 : powerOfTwo(k - 1));
  }
});
