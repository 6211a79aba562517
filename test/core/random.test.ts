import fc from 'fast-check';
import { expect, test } from 'vitest';
import { portableExp, portableLog } from '../../src/core/portable.js';
import { inverseNormal, randomStream } from '../../src/core/random.js';

/** Quantiles from mpmath 1.3 at 30 digits: sqrt(2) * erfinv(2 p - 1). */
const QUANTILES: readonly (readonly [p: number, z: number])[] = [
  [0.975, 1.9599639845400543],
  [0.001, -3.0902323061678136],
  [1e-10, -6.361340902404057],
  [1e-15, -7.941345326170997],
];

test('the same seed and names give the same draws, another seed or name others', () => {
  const draws = (seed: number, ...names: string[]) => {
    const stream = randomStream(seed, ...names);
    return Array.from({ length: 8 }, () => stream.uint32());
  };
  expect(draws(7, 'SPX', 'path')).toEqual(draws(7, 'SPX', 'path'));
  expect(draws(7, 'SPX', 'path')).not.toEqual(draws(8, 'SPX', 'path'));
  expect(draws(7, 'SPX', 'path')).not.toEqual(draws(7, 'SPX', 'trades'));
});

test('the first draws of seed 1 are pinned: a change of them changes every synthetic day', () => {
  const stream = randomStream(1, 'pin');
  expect([stream.uint32(), stream.uint32(), stream.uniform(), stream.normal()]).toMatchInlineSnapshot(`
    [
      577219799,
      3386087210,
      0.1442278157258995,
      1.5015590093884184,
    ]
  `);
});

test('normals have the moments and tails of the standard normal', () => {
  const stream = randomStream(11, 'moments');
  const n = 400_000;
  let [first, second, third, fourth, tail] = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const z = stream.normal();
    first += z / n;
    second += z ** 2 / n;
    third += z ** 3 / n;
    fourth += z ** 4 / n;
    if (Math.abs(z) > 3) tail += 1 / n;
  }
  // Five standard errors each.
  expect(Math.abs(first)).toBeLessThan(5 * Math.sqrt(1 / n));
  expect(Math.abs(second - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
  expect(Math.abs(third)).toBeLessThan(5 * Math.sqrt(15 / n));
  expect(Math.abs(fourth - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
  expect(Math.abs(tail - 0.0026998)).toBeLessThan(5 * Math.sqrt(0.0027 / n));
});

test('streams of different names are uncorrelated', () => {
  const a = randomStream(3, 'a');
  const b = randomStream(3, 'b');
  const n = 100_000;
  let product = 0;
  for (let i = 0; i < n; i++) product += (a.normal() * b.normal()) / n;
  expect(Math.abs(product)).toBeLessThan(5 / Math.sqrt(n));
});

test('the inverse normal agrees with mpmath', () => {
  for (const [p, z] of QUANTILES) expect(Math.abs(inverseNormal(p) / z - 1)).toBeLessThan(1e-15);
});

test('portable exp and log are within two units in the last place of the platform', () => {
  const argument = fc.double({ min: -690, max: 690, noNaN: true });
  fc.assert(
    fc.property(argument, (x) => {
      expect(Math.abs(portableExp(x) / Math.exp(x) - 1)).toBeLessThanOrEqual(4.5e-16);
      const y = Math.exp(x);
      const log = Math.log(y);
      expect(Math.abs(portableLog(y) - log)).toBeLessThanOrEqual(4.5e-16 * Math.abs(log));
    }),
    { numRuns: 5000 },
  );
});
