import { expect, it } from 'vitest';
import { createCoverage } from '../../src/jobs/stream-coverage.js';
import type { Gap } from '../../src/stores/archive/gaps.js';

function account(fromMs = 0) {
  const gaps: Gap[] = [];
  const coverage = createCoverage({ fromMs, intervalMs: 5 }, async (gap) => {
    gaps.push(gap);
  });
  return { coverage, gaps };
}

it('writes one gap for a run of missing ticks, with every reason once, when a record ends it', async () => {
  const { coverage, gaps } = account();
  await coverage.recorded(0);
  coverage.missed(10, ['lost']);
  coverage.missed(15, ['lost', 'late']);
  expect(gaps).toEqual([]);
  await coverage.recorded(15);
  expect(gaps).toEqual([{ fromMs: 5, toMs: 15, reason: 'lost; late' }]);
  expect([coverage.gaps, coverage.reachedMs]).toEqual([1, 20]);
});

it('writes the gap that is open at the end, and nothing when there is none', async () => {
  const { coverage, gaps } = account(30);
  coverage.missed(30, ['nothing is missing yet']);
  await coverage.end();
  expect(gaps).toEqual([]);
  coverage.missed(60, ['late start']);
  await coverage.end();
  await coverage.end();
  expect(gaps).toEqual([{ fromMs: 30, toMs: 60, reason: 'late start' }]);
});
