import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonText, onWire } from '../../src/wire/decimal.js';

function written(value: number, places: 0 | 1 | 2 | 3): string {
  const out = jsonText(1);
  out.decimal(value, places);
  return Buffer.from(out.bytes()).toString('latin1');
}

test('numbers are rounded half away from zero by their exact binary value', () => {
  expect(written(0.125, 2)).toBe('0.13');
  expect(written(-0.125, 2)).toBe('-0.13');
  expect(written(1.115, 2)).toBe('1.11'); // 1.115 is stored as 1.11499999...
  expect(written(0.29, 2)).toBe('0.29');
  expect(written(19.99, 2)).toBe('19.99');
  expect(written(506.7609, 3)).toBe('506.761');
});

test('zeros have no sign and no decimals, and unknown is zero', () => {
  for (const value of [0, -0, 0.004, -0.004, Number.NaN]) expect(written(value, 2)).toBe('0');
  expect(written(506.7, 2)).toBe('506.7');
  expect(written(506.004, 2)).toBe('506');
  expect(written(0.05, 2)).toBe('0.05');
});

test('any finite number is the one toFixed writes, without trailing zeros', () => {
  const places = fc.constantFrom(0, 1, 2, 3) as fc.Arbitrary<0 | 1 | 2 | 3>;
  const values = fc.oneof(
    fc.double({ min: -1e11, max: 1e11, noNaN: true }),
    fc.double({ min: -3000, max: 3000, noNaN: true }),
    fc.integer({ min: -5_000_000, max: 5_000_000 }).map((n) => n / 1000),
    fc.integer({ min: -5_000_000, max: 5_000_000 }).map((n) => n / 2048),
  );
  fc.assert(
    fc.property(values, places, (value, digits) => {
      const expected = Number(value.toFixed(digits)) + 0;
      expect(written(value, digits)).toBe(String(expected === 0 ? 0 : expected));
      expect(onWire(value, digits)).toBe(expected === 0 ? 0 : expected);
    }),
    { numRuns: 20_000 },
  );
});

test('text grows past its first size and starts over after clear', () => {
  const out = jsonText(4);
  for (let i = 0; i < 100; i++) out.decimal(i * 1.01, 2);
  const first = Buffer.from(out.bytes()).toString('latin1');
  expect(first.startsWith('01.012.02')).toBe(true);
  out.clear();
  out.text('x');
  expect(out.length).toBe(1);
});
