import { expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { priceProcess, type SynthModel } from '../../../src/core/synth/process.js';

/** One second of trading time: 252 sessions of 6.5 hours a year. */
const SECOND = 1 / (252 * 6.5 * 3600);

function start(model: SynthModel, seed: number, overrides: Partial<Parameters<typeof priceProcess>[1]> = {}) {
  return priceProcess(model, {
    ...{ spot: 100, drift: 0.05, volatility: 0.2, floor: 0, cap: Number.POSITIVE_INFINITY },
    random: randomStream(seed, 'path'),
    extra: randomStream(seed, 'extra'),
    ...overrides,
  });
}

/** Terminal prices of `paths` paths of `years` in `steps` steps. */
function terminals(model: SynthModel, paths: number, years: number, steps: number): number[] {
  return Array.from({ length: paths }, (_, seed) => {
    const process = start(model, seed);
    for (let i = 0; i < steps; i++) process.step(years / steps);
    return process.spot;
  });
}

function moments(values: readonly number[]) {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const central = (power: number) => values.reduce((sum, x) => sum + (x - mean) ** power, 0) / values.length;
  const deviation = Math.sqrt(central(2));
  return { mean, deviation, skew: central(3) / deviation ** 3, kurtosis: central(4) / deviation ** 4 };
}

test('the realised volatility of a month of seconds is the configured one', () => {
  const process = start('gbm', 5);
  const n = 21 * 23_400;
  let sumOfSquares = 0;
  for (let i = 0; i < n; i++) {
    const before = process.spot;
    process.step(SECOND);
    sumOfSquares += Math.log(process.spot / before) ** 2;
  }
  const realised = Math.sqrt(sumOfSquares / (n * SECOND));
  // One standard error is 0.2 / sqrt(2 n) = 0.0002.
  expect(Math.abs(realised - 0.2)).toBeLessThan(0.001);
});

test.each(['gbm', 'merton', 'heston'] as const)(
  '%s: the expected price grows with the drift, jumps compensated',
  (model) => {
    const n = 8000;
    const { mean, deviation } = moments(terminals(model, n, 0.5, 50));
    expect(Math.abs(mean - 100 * Math.exp(0.05 * 0.5))).toBeLessThan((4 * deviation) / Math.sqrt(n));
  },
);

test.each(['gbm', 'merton', 'heston'] as const)('%s: the variance of half a year is the configured one', (model) => {
  const n = 8000;
  const { deviation, kurtosis } = moments(terminals(model, n, 0.5, 50).map(Math.log));
  const relativeError = Math.sqrt((kurtosis - 1) / (4 * n));
  expect(Math.abs(deviation / (0.2 * Math.sqrt(0.5)) - 1)).toBeLessThan(4 * relativeError + 0.005);
});

test('merton has fat tails and heston a negative skew over a day, gbm neither', () => {
  const day = (model: SynthModel) => moments(terminals(model, 6000, 1 / 252, 20).map(Math.log));
  expect(Math.abs(day('gbm').kurtosis - 3)).toBeLessThan(0.35);
  expect(day('merton').kurtosis).toBeGreaterThan(3.5);
  expect(day('merton').skew).toBeLessThan(-0.1);
  const month = moments(terminals('heston', 6000, 1 / 12, 60).map(Math.log));
  expect(month.skew).toBeLessThan(-0.2);
});

test('floor and cap mirror the price and count it', () => {
  const process = start('gbm', 9, { floor: 98, cap: 102, volatility: 0.5 });
  for (let i = 0; i < 20_000; i++) {
    process.step(60 * SECOND);
    expect(process.spot).toBeGreaterThanOrEqual(98);
    expect(process.spot).toBeLessThanOrEqual(102);
  }
  expect(process.reflections).toBeGreaterThan(10);
  const free = start('gbm', 9);
  free.step(SECOND);
  expect(free.reflections).toBe(0);
});
