import fc from 'fast-check';
import { expect, it } from 'vitest';
import { millsDrop, millsDropFits, millsTail } from '../../src/core/normal.js';

const U = 2 ** -53;

/** R(z) = N(-z) / n(z): exp(z^2/2) erfc(z / sqrt 2) sqrt(pi/2) in mpmath 1.2.1 at 50 digits. */
const TAILS = [
  [0, 1.2533141373155003],
  [0.25, 1.0378245758537268],
  [1, 0.6556795424187984],
  [2.5, 0.35426511132979366],
  [4.5, 0.21257058044203178],
  [8, 0.1231319632579323],
  [20, 0.04987592598183679],
  [38.5, 0.02595653794411066],
  [1000, 0.0009999990000029999],
  [1e8, 9.999999999999999e-9],
] as const;

/** R(h - t) - R(h + t), the same at 80 digits. */
const DROPS = [
  [0, 0.001, 0.0020000006666668],
  [0.5, 0.24, 0.2735132791757018],
  [3, 0.1, 0.017257410294704754],
  [9, 0.01, 0.00023828940736173704],
  [30, 1e-5, 2.2148556501674413e-8],
  [0.02, 0.2, 0.3953094499593619],
] as const;

it.each(TAILS)('the Mills ratio of %d is within 8 roundings of %d', (z, expected) => {
  expect(Math.abs(millsTail(z) / expected - 1)).toBeLessThanOrEqual(8 * U);
});

it.each(DROPS)('the drop of the Mills ratio around %d by %d keeps the digits a difference loses', (h, t, expected) => {
  expect(millsDropFits(h, t)).toBe(true);
  expect(Math.abs(millsDrop(h, t) / expected - 1)).toBeLessThanOrEqual(8 * U);
});

it('falls, and stays between the bounds of Birnbaum and Sampford', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 100, noNaN: true }), (z) => {
      const ratio = millsTail(z);
      expect(ratio).toBeGreaterThanOrEqual((2 / (z + Math.sqrt(z * z + 4))) * (1 - 8 * U));
      expect(ratio).toBeLessThanOrEqual((4 / (3 * z + Math.sqrt(z * z + 8))) * (1 + 8 * U));
      expect(millsTail(z * 1.001 + 1e-9)).toBeLessThan(ratio);
    }),
  );
});
