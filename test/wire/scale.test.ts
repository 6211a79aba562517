import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Places, signed, unsigned } from '../../src/wire/scale.js';

const scale = (value: unknown, places: Places) => signed(value, places, { saturated: 0 });

test.each([
  [1.005, 2, 101],
  [-1.005, 2, -100],
  [0.29, 2, 29],
  [19.99, 2, 1999],
  [-228.01, 2, -22801],
  [1712585.519, 3, 1712585519],
  [0.5, 0, 1],
  [-0.5, 0, 0],
  [-1.5, 0, -1],
  [-2.5, 0, -2],
  [0.015, 2, 2],
  [-0.015, 2, -1],
  [1.0049999999999997, 2, 100],
  [0.49999999999999994, 0, 0],
  [1e-7, 3, 0],
  [21474836.47, 2, 2147483647],
] as const)('%d at %d places is %d', (value, places, expected) => {
  expect(scale(value, places) + 0).toBe(expected);
});

test.each([null, undefined, '12', true, [1], {}, Number.NaN])('%j is 0', (value) => {
  const tally = { saturated: 0 };
  expect([signed(value, 2, tally), unsigned(value, 2, tally), tally.saturated]).toEqual([0, 0, 0]);
});

test('what does not fit is set to the nearest value that does, and counted', () => {
  const tally = { saturated: 0 };
  const values = [3e9, -3e9, 1e300, -1e300, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  expect(values.map((value) => signed(value, 0, tally))).toEqual(
    values.map((value) => (value > 0 ? 2147483647 : -2147483648)),
  );
  expect(tally.saturated).toBe(6);
  expect([-1, -0.004, 42949672.95, 42949672.96].map((value) => unsigned(value, 2, tally) + 0)).toEqual([
    0, 0, 4294967295, 4294967295,
  ]);
  expect(tally.saturated).toBe(8);
});

/** Half up by the digits of the shortest text of the number, in whole numbers throughout. */
function byDigits(value: number, places: number): number {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(value.toString()) ?? [];
  const digits = BigInt(sign + whole + fraction.padEnd(places + 1, '0'));
  const unit = 10n ** BigInt(Math.max(fraction.length, places + 1) - places);
  const shifted = 2n * digits + unit;
  const quotient = shifted / (2n * unit);
  return Number(shifted < 0n && quotient * 2n * unit !== shifted ? quotient - 1n : quotient);
}

test('values scale as their decimal digits round, half up, negatives too', () => {
  const places = fc.constantFrom<Places[]>(0, 2, 3);
  const digits = fc.integer({ min: -2_000_000_000, max: 2_000_000_000 });
  const values = fc.oneof(
    fc.tuple(digits, fc.integer({ min: 0, max: 5 })).map(([n, shift]) => Number(`${n}e-${shift}`)),
    fc
      .tuple(fc.integer({ min: -2_000_000, max: 2_000_000 }), fc.integer({ min: 0, max: 3 }))
      .map(([n, shift]) => Number(`${n}5e-${shift + 1}`)),
    fc.double({ min: -2_000_000, max: 2_000_000, noNaN: true }).filter((n) => !/e/.test(`${n}`)),
  );
  fc.assert(
    fc.property(values, places, (value, p) => {
      const expected = byDigits(value, p);
      expect(scale(value, p) + 0).toBe(Math.min(Math.max(expected, -2147483648), 2147483647));
    }),
    { numRuns: 20_000 },
  );
});

test('every price of 2 decimals to 10,000 and every change of 3 to 1,000 is exact', () => {
  for (let cents = -1_000_000; cents <= 1_000_000; cents++) {
    if (scale(cents / 100, 2) !== cents) throw new Error(`${cents / 100} is ${scale(cents / 100, 2)}`);
    if (scale(cents / 1000, 3) !== cents) throw new Error(`${cents / 1000} is ${scale(cents / 1000, 3)}`);
  }
});
