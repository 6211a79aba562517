import { expect, it } from 'vitest';
import { gammaBars } from '../../src/cli/gex-chart.js';
import type { StrikeExposures } from '../../src/core/levels.js';

const row = (strike: number, callGex: number, putGex: number) =>
  ({ strike, callGex, putGex, absGex: Math.abs(callGex) + Math.abs(putGex) }) as StrikeExposures;

const options = { spot: 101, strikes: 3, width: 40, notes: () => [] };

it('draws the strikes nearest to spot, the highest first, puts to the left and calls to the right', () => {
  const rows = [row(90, 9, -9), row(95, 1, -4), row(100, 4, -2), row(105, 8, 0), row(106, 0, 0)];
  const lines = gammaBars(rows, options);
  expect(lines.map(({ label }) => label)).toEqual(['105', '100', ' 95']);
  const full = (text: string) => [...text].filter((c) => c === '█').length;
  const [top = lines[0], middle = lines[1], low = lines[2]] = lines;
  expect(full(top?.left ?? '')).toBe(0);
  expect(full(top?.right ?? '')).toBeGreaterThan(10);
  expect(full(middle?.right ?? '') / full(top?.right ?? '')).toBeCloseTo(0.5, 1);
  expect(full(low?.left ?? '') / full(top?.right ?? '')).toBeCloseTo(0.5, 1);
});

it('puts the words of the nearest strike and of levels beside the bars, within the width', () => {
  const notes = (strike: number) => (strike === 105 ? ['call wall'] : []);
  const lines = gammaBars([row(100, 1, -1), row(105, 1, -1)], { ...options, notes });
  expect(lines.map(({ note }) => note)).toEqual(['call wall', 'spot 101']);
  for (const { label, left, right, note } of lines) {
    expect(`${label} ${left}|${right} ${note}`.length).toBeLessThanOrEqual(options.width);
  }
});

it('draws the other way round when dealers are short calls', () => {
  const [line] = gammaBars([row(100, -3, 1)], options);
  expect(line?.left.trim().length).toBeGreaterThan(line?.right.trim().length ?? 0);
});

it('draws nothing when nothing has gamma', () => {
  expect(gammaBars([row(100, 0, 0)], options)).toEqual([]);
});
